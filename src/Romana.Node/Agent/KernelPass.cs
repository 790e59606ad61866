using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Node.Linux;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;

namespace Romana.Node.Agent;

/// <summary>What one look at the kernel came to.</summary>
/// <param name="Made">Changes that were made, in their order.</param>
/// <param name="Troubles">What could not be planned or made, with reasons; empty: the kernel is as it shall be.</param>
internal sealed record KernelWord(ImmutableArray<KernelChange> Made, ImmutableArray<string> Troubles)
{
    public bool IsSettled => Made.IsEmpty && Troubles.IsEmpty;
}

/// <summary>Looks at the kernel, plans, and makes what is missing. Whatever an event said, all of it is read.</summary>
internal sealed partial class KernelPass(KernelFabric kernel, ILogger log)
{
    private string _said = "";

    /// <summary>Of the newest pass that could read them.</summary>
    public FabricFacts? Facts { get; private set; }

    /// <exception cref="IOException">The kernel failed in the midst; what was made stands, the guards first.</exception>
    public KernelWord Run(FabricKnowledge known, ImmutableArray<PodFact> pods)
    {
        var look = kernel.Look();
        return FabricReading.Read(known, look, pods) switch
        {
            FactsOutcome.Known read => Make(read.Facts, look),
            FactsOutcome.Refused refused => Said(new KernelWord([], [refused.Message])),
            var other => throw new InvalidOperationException($"unknown outcome {other}"),
        };
    }

    private KernelWord Make(FabricFacts facts, KernelLook look)
    {
        Facts = facts;
        var wanted = KernelState.Of(facts);
        var actual = kernel.Actual(wanted, look);
        var plan = KernelDiff.Plan(wanted, actual);
        var (made, troubles) = (ImmutableArray.CreateBuilder<KernelChange>(), ImmutableArray.CreateBuilder<string>());
        troubles.AddRange(plan.Conflicts.Select(Conflict));
        troubles.AddRange(actual.Forbidding.Select(chain =>
            $"nftables' chain {chain} drops by its policy what pods send and receive, and no rule of ours can override it: accept the pod networks in that chain"));
        foreach (var change in plan.Changes)
        {
            if (kernel.Apply(change, wanted) is { } refusal) troubles.Add(refusal);
            else
            {
                made.Add(change);
                LogMade(change);
            }
        }

        return Said(new KernelWord(made.ToImmutable(), troubles.ToImmutable()));
    }

    private static string Conflict(Route route) => $"another's route stands where {route} is wanted: it stays; remove it, or exclude the range from whoever makes it";

    /// <summary>Each trouble is told when it comes, not at every look.</summary>
    private KernelWord Said(KernelWord word)
    {
        var troubles = string.Join("; ", word.Troubles);
        if (troubles != _said && troubles.Length > 0) LogTroubles(troubles);
        _said = troubles;
        return word;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "kernel: {Change}")]
    private partial void LogMade(KernelChange change);

    [LoggerMessage(Level = LogLevel.Warning, Message = "kernel: {Troubles}")]
    private partial void LogTroubles(string troubles);
}
