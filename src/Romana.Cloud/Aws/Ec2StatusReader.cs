using System.Collections.Immutable;
using Amazon.EC2;
using Amazon.EC2.Model;

namespace Romana.Cloud.Aws;

/// <summary>Something that AWS is going to do to an instance.</summary>
/// <param name="Code">"instance-stop", "instance-retirement", "instance-reboot", "system-reboot", "system-maintenance".</param>
/// <param name="NotBefore">When it may begin; null: not said.</param>
public sealed record SeenEvent(string Code, DateTimeOffset? NotBefore);

/// <summary>An instance of which EC2 has something to say.</summary>
public sealed record SeenStatus(string Instance)
{
    /// <summary>The check of the machine below it fails.</summary>
    public bool SystemImpaired { get; init; }

    /// <summary>The check of the instance itself fails.</summary>
    public bool InstanceImpaired { get; init; }

    /// <summary>Those that are over or cancelled are left out.</summary>
    public ImmutableArray<SeenEvent> Events { get; init; } = [];

    /// <summary>Status code of the spot request by which EC2 takes the instance back, "marked-for-termination"; null: it does not.</summary>
    public string? TakenBack { get; init; }
}

/// <summary>What can be asked; each is one call, whose answer holds only instances to which it applies.</summary>
public enum StatusQuestion
{
    SystemImpaired,
    InstanceImpaired,
    Events,
    TakenBack,
}

/// <summary>EC2's own word on instances. Throws <see cref="Ec2UnavailableException"/>.</summary>
public sealed class Ec2StatusReader(IAmazonEC2 client, CallGate gate)
{
    private const int PerPage = 1000;

    /// <summary>EC2 User Guide, "Spot Instance request status codes".</summary>
    private static readonly List<string> Marked = ["marked-for-termination", "marked-for-stop", "marked-for-hibernation", "instance-termination-in-progress"];

    private static readonly List<string> EventCodes = ["instance-reboot", "instance-retirement", "instance-stop", "system-maintenance", "system-reboot"];

    public Task<ImmutableArray<SeenStatus>> AskAsync(StatusQuestion question, CancellationToken cancel) => question switch
    {
        // Filters of one call must all hold, so "either check fails or an event is near" takes three calls.
        StatusQuestion.SystemImpaired => StatusesAsync(new Filter("system-status.status", ["impaired"]), cancel),
        StatusQuestion.InstanceImpaired => StatusesAsync(new Filter("instance-status.status", ["impaired"]), cancel),
        StatusQuestion.Events => StatusesAsync(new Filter("event.code", EventCodes), cancel),
        StatusQuestion.TakenBack => TakenBackAsync(cancel),
        _ => throw new ArgumentOutOfRangeException(nameof(question), question, "no such question"),
    };

    /// <summary>EC2 DescribeInstanceStatus, running instances only.</summary>
    private async Task<ImmutableArray<SeenStatus>> StatusesAsync(Filter filter, CancellationToken cancel)
    {
        var found = ImmutableArray.CreateBuilder<SeenStatus>();
        string? next = null;
        do
        {
            var request = new DescribeInstanceStatusRequest { Filters = [filter], MaxResults = PerPage, NextToken = next };
            var reply = await gate.DescribeAsync(Ec2Action.DescribeInstanceStatus,
                token => client.DescribeInstanceStatusAsync(request, token), cancel).ConfigureAwait(false);
            found.AddRange((reply.InstanceStatuses ?? []).Select(Status));
            next = reply.NextToken;
        }
        while (!string.IsNullOrEmpty(next));
        return found.ToImmutable();
    }

    /// <summary>EC2 DescribeSpotInstanceRequests: the notice of two minutes, where it shows without asking the instance itself.</summary>
    private async Task<ImmutableArray<SeenStatus>> TakenBackAsync(CancellationToken cancel)
    {
        var request = new DescribeSpotInstanceRequestsRequest { Filters = [new Filter("status-code", Marked)], MaxResults = PerPage };
        var reply = await gate.DescribeAsync(Ec2Action.DescribeSpotInstanceRequests,
            token => client.DescribeSpotInstanceRequestsAsync(request, token), cancel).ConfigureAwait(false);
        return [.. (reply.SpotInstanceRequests ?? []).Where(one => !string.IsNullOrEmpty(one.InstanceId))
            .Select(one => new SeenStatus(one.InstanceId) { TakenBack = one.Status?.Code ?? "marked" })];
    }

    private static SeenStatus Status(InstanceStatus one) => new(one.InstanceId)
    {
        SystemImpaired = one.SystemStatus?.Status?.Value == "impaired",
        InstanceImpaired = one.Status?.Status?.Value == "impaired",
        Events = [.. (one.Events ?? []).Where(IsToCome).Select(each => new SeenEvent(each.Code?.Value ?? "event",
            each.NotBefore is { } at ? new DateTimeOffset(at.ToUniversalTime()) : null))],
    };

    /// <summary>EC2 goes on showing an event for a week after its end, with a word before its description.</summary>
    private static bool IsToCome(InstanceStatusEvent one) =>
        one.Description is not { } text || !(text.StartsWith("[Completed]", StringComparison.Ordinal) || text.StartsWith("[Canceled]", StringComparison.Ordinal));
}
