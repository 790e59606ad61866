using Microsoft.AspNetCore.Http;
using Romana.Demo.Ec2;

namespace Romana.Demo.Wire;

/// <summary>Takes one request through what EC2 checks, in its order, and sends the answer or breaks the connection.</summary>
internal sealed class Dispatch(SimulatedVpc vpc, TimeProvider time)
{
    private const string ApiVersion = "2016-11-15";
    private readonly QuotaAnswers _quotas = new(vpc, time);
    private int _requests;

    public async Task AnswerAsync(HttpContext http)
    {
        if (QuotaAnswers.AreFor(http.Request))
        {
            await _quotas.AnswerAsync(http).ConfigureAwait(false);
            return;
        }

        var request = await QueryRequest.ReadAsync(http.Request).ConfigureAwait(false);
        var fault = vpc.Faults.Strike(request.Action, request.Parameters);
        var wait = vpc.Behaviour.Latency + (fault?.Delay ?? TimeSpan.Zero);
        if (wait > TimeSpan.Zero) await Task.Delay(wait, time, http.RequestAborted).ConfigureAwait(false);
        if (fault?.Kind == FaultKind.Dropped)
        {
            vpc.Log(request.Action, request.Parameters, "dropped");
            http.Abort();
            return;
        }

        var reply = fault?.Kind == FaultKind.Error
            ? new Reply.Refused(new Ec2Error(fault.Code, fault.Message, fault.Status))
            : Answer(request);
        await EndAsync(http, request, reply, fault?.Kind).ConfigureAwait(false);
    }

    private async Task EndAsync(HttpContext http, QueryRequest request, Reply reply, FaultKind? fault)
    {
        var outcome = reply is Reply.Refused refused ? refused.Error.Code : "ok";
        void Log(string done) => vpc.Log(request.Action, request.Parameters, outcome == "ok" ? done : outcome);
        switch (fault)
        {
            case FaultKind.LostAnswer:
                Log("lost");
                http.Abort();
                break;
            case FaultKind.Silence:
                Log("silent");
                await Task.Delay(Timeout.InfiniteTimeSpan, time, http.RequestAborted)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                break;
            case FaultKind.Garbled:
                await http.Response.WriteAsync("<?xml version=\"1.0\"?><Broken", http.RequestAborted).ConfigureAwait(false);
                Log("garbled");
                break;
            default:
                await SendAsync(http.Response, request.Action, reply).ConfigureAwait(false);
                Log("ok");
                break;
        }
    }

    private Reply Answer(QueryRequest request)
    {
        if (Refusal(request) is { } error) return new Reply.Refused(error);
        if (request.DryRun) return new Reply.Refused(Unknown(request, vpc.State) ?? Ec2Error.DryRun);
        return ActionTable.Actions[request.Action](vpc, request);
    }

    private Ec2Error? Refusal(QueryRequest request)
    {
        var behaviour = vpc.Behaviour;
        if (request.AccessKey is null || !behaviour.AccessKeys.IsEmpty && !behaviour.AccessKeys.Contains(request.AccessKey))
            return Ec2Error.BadCredentials;
        if (request.Action.Length == 0) return new Ec2Error("MissingAction", "The request must contain the parameter Action");
        if (request.Version != ApiVersion)
            return new Ec2Error("NoSuchVersion", $"The requested version ({request.Version}) of service AmazonEC2 does not exist");
        if (!ActionTable.Actions.ContainsKey(request.Action))
            return new Ec2Error("InvalidAction", $"The action {request.Action} is not valid for this web service.");
        if (!vpc.TryTake(request.Action)) return Ec2Error.Throttled;
        return behaviour.Denied.Any(denial => Denies(denial, request)) ? Ec2Error.Unauthorized(request.Action) : null;
    }

    /// <summary>A permission on a resource can be told only of one that is there.</summary>
    private static Ec2Error? Unknown(QueryRequest request, AccountState state) =>
        request["RouteTableId"] is { } table && !state.Tables.ContainsKey(table) ? Ec2Error.NoTable(table)
        : request["NetworkInterfaceId"] is { } eni && !state.Interfaces.ContainsKey(eni) ? Ec2Error.NoInterface(eni)
        : request["InstanceId"] is { } instance && !state.Instances.ContainsKey(instance) ? Ec2Error.NoInstance(instance)
        : null;

    /// <summary>A denial of one resource leaves requests alone that name another or none.</summary>
    private static bool Denies(Denial denial, QueryRequest request)
    {
        if (!Wildcard.Matches(denial.Action, request.Action)) return false;
        if (denial.Resource == "*") return true;
        string[] named = [request["RouteTableId"] ?? "", request["NetworkInterfaceId"] ?? "", request["InstanceId"] ?? ""];
        return named.Any(id => id.Length > 0 && Wildcard.Matches(denial.Resource, id));
    }

    private async Task SendAsync(HttpResponse response, string action, Reply reply)
    {
        var requestId = $"00000000-0000-4000-8000-{Interlocked.Increment(ref _requests):x12}";
        using var buffer = new MemoryStream();
        switch (reply)
        {
            case Reply.Answered answered:
                Ec2Xml.WriteAnswer(buffer, action, requestId, answered.Body);
                break;
            case Reply.Refused refused:
                response.StatusCode = refused.Error.Status;
                Ec2Xml.WriteError(buffer, refused.Error, requestId);
                break;
        }

        response.ContentType = "text/xml;charset=UTF-8";
        response.ContentLength = buffer.Length;
        response.Headers["x-amzn-RequestId"] = requestId;
        await response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length)).ConfigureAwait(false);
    }
}
