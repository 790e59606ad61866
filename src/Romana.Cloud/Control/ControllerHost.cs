using Microsoft.Extensions.Logging;
using Romana.Cloud.Planning;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Control;

/// <summary>`romana controller`: acquires the term, runs the loops until cancelled.</summary>
public static class ControllerHost
{
    /// <summary>Returns when cancelled. Throws what stops a start: store, term taken, wrong credentials; the message has the remedy.</summary>
    public static Task RunAsync(ControllerOptions options, ControllerParts parts, CancellationToken cancel) =>
        throw new NotImplementedException();
}

/// <summary>What the engine is given by its host program or by a test.</summary>
public sealed record ControllerParts
{
    public required ILoggerFactory Logs { get; init; }
    public TimeProvider Clock { get; init; } = TimeProvider.System;
    public ControllerState State { get; init; } = new();
    public Aws.CallMetrics? Metrics { get; init; }
}

/// <summary>What `romana plan` shows.</summary>
public sealed record LivePlanResult(Topology Topology, Inventory Inventory, RoutePlan Plan, int CheckFixes)
{
    public IReadOnlyList<LeftOutTable> LeftOut { get; init; } = [];
}

/// <summary>`romana plan`: reads the live system and plans; writes nothing anywhere.</summary>
public static class LivePlan
{
    public static Task<LivePlanResult> ReadAsync(ControllerOptions options, ControllerParts parts, CancellationToken cancel) =>
        throw new NotImplementedException();
}

/// <param name="Calls">Mutating EC2 calls made.</param>
/// <param name="Problems">What is left undone, and why; empty when all is done.</param>
public sealed record ApplyResult(int Calls, IReadOnlyList<string> Problems);

/// <summary>`romana apply`: one controller's work until nothing is left to do, then ends.</summary>
public static class Apply
{
    public static Task<ApplyResult> RunAsync(ControllerOptions options, ControllerParts parts, CancellationToken cancel) =>
        throw new NotImplementedException();
}

/// <summary>`romana uninstall`: removes exactly what is ours and switches on again the checks that we switched off.</summary>
public static class Uninstall
{
    public static Task<ApplyResult> RunAsync(ControllerOptions options, ControllerParts parts, CancellationToken cancel) =>
        throw new NotImplementedException();
}
