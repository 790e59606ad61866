using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Romana.Demo.Ec2;

namespace Romana.Demo.Wire;

/// <summary>
/// Service Quotas at the same address: its JSON 1.1 protocol, told from EC2's by the header X-Amz-Target. It knows the
/// quota of routes per table and no other.
/// </summary>
internal sealed class QuotaAnswers(SimulatedVpc vpc, TimeProvider time)
{
    private const string Version = "ServiceQuotasV20190624.";
    private const string QuotaCode = "L-93826ACB";
    private const int AwsDefault = 500;

    public static bool AreFor(HttpRequest request) => request.Headers.ContainsKey("X-Amz-Target");

    public async Task AnswerAsync(HttpContext http)
    {
        var target = http.Request.Headers["X-Amz-Target"].ToString();
        var action = target[(target.LastIndexOf('.') + 1)..];
        var parameters = await ReadAsync(http.Request).ConfigureAwait(false);
        var fault = vpc.Faults.Strike(action, parameters ?? NoTags.Value);
        var wait = vpc.Behaviour.Latency + (fault?.Delay ?? TimeSpan.Zero);
        if (wait > TimeSpan.Zero) await Task.Delay(wait, time, http.RequestAborted).ConfigureAwait(false);
        var error = fault?.Kind == FaultKind.Error ? new Ec2Error(fault.Code, fault.Message, fault.Status) : Refusal(http.Request, target, action, parameters);
        if (fault is { Kind: FaultKind.Dropped or FaultKind.LostAnswer or FaultKind.Silence or FaultKind.Garbled })
        {
            vpc.Log(action, parameters ?? NoTags.Value, "dropped");
            http.Abort();
            return;
        }

        vpc.Log(action, parameters ?? NoTags.Value, error?.Code ?? "ok");
        object body = error is null ? Quota(action) : new Dictionary<string, string> { ["__type"] = error.Code, ["Message"] = error.Message };
        http.Response.StatusCode = error?.Status ?? StatusCodes.Status200OK;
        http.Response.ContentType = "application/x-amz-json-1.1";
        await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(body), http.RequestAborted).ConfigureAwait(false);
    }

    private Ec2Error? Refusal(HttpRequest request, string target, string action, ImmutableSortedDictionary<string, string>? parameters)
    {
        var key = QueryRequest.AccessKeyOf(request.Headers.Authorization.ToString());
        if (key is null || !vpc.Behaviour.AccessKeys.IsEmpty && !vpc.Behaviour.AccessKeys.Contains(key))
            return new Ec2Error("UnrecognizedClientException", "The security token included in the request is invalid.");
        if (!target.StartsWith(Version, StringComparison.Ordinal) || action is not ("GetServiceQuota" or "GetAWSDefaultServiceQuota"))
            return new Ec2Error("UnknownOperationException", $"{target} is not known here");
        if (parameters is null) return new Ec2Error("SerializationException", "a JSON object of texts is wanted");
        if (vpc.Behaviour.Denied.Any(denial => denial.Resource == "*" && Wildcard.Matches(denial.Action, action)))
            return new Ec2Error("AccessDeniedException", $"User: arn:aws:iam::123456789012:user/demo is not authorized to perform: servicequotas:{action}");
        return parameters.GetValueOrDefault("ServiceCode") == "vpc" && parameters.GetValueOrDefault("QuotaCode") == QuotaCode
            ? null : new Ec2Error("NoSuchResourceException", "The request failed because the specified service quota does not exist.");
    }

    private object Quota(string action) => new
    {
        Quota = new
        {
            ServiceCode = "vpc",
            ServiceName = "Amazon Virtual Private Cloud (Amazon VPC)",
            QuotaCode,
            QuotaName = "Routes per route table",
            Value = (double)(action == "GetServiceQuota" ? vpc.Behaviour.RouteQuota : AwsDefault),
            Unit = "None",
            Adjustable = true,
            GlobalQuota = false,
        },
    };

    /// <summary>Null when it is no JSON object of texts.</summary>
    private static async Task<ImmutableSortedDictionary<string, string>?> ReadAsync(HttpRequest request)
    {
        try
        {
            var read = await JsonSerializer.DeserializeAsync<Dictionary<string, string>>(request.Body, cancellationToken: request.HttpContext.RequestAborted).ConfigureAwait(false);
            return read?.ToImmutableSortedDictionary(StringComparer.Ordinal);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
