using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Node.Linux;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Agent;

/// <summary>What one look at the kernel came to.</summary>
/// <param name="Refusals">VLANs that are not served, with reasons; the others are.</param>
/// <param name="Troubles">What could not be made; empty: the kernel is as it shall be.</param>
internal sealed record VlanWord(ImmutableArray<VlanChange> Made, ImmutableArray<VlanRefusal> Refusals, ImmutableArray<string> Troubles)
{
    public bool IsSettled => Made.IsEmpty && Troubles.IsEmpty;
}

/// <summary>Looks at the kernel, plans, and makes what is missing of the VLANs. Whatever an event said, all of it is read.</summary>
internal sealed partial class VlanPass(KernelVlans kernel, ILogger log)
{
    private string _said = "";

    /// <summary>Of the newest pass.</summary>
    public VlanFacts? Facts { get; private set; }

    /// <inheritdoc cref="Facts"/>
    public VlanState? Wanted { get; private set; }

    /// <exception cref="IOException">The kernel failed in the midst; what was made stands, what refuses first.</exception>
    public VlanWord Run(VlanKnowledge known, ImmutableArray<PodFact> pods)
    {
        var look = kernel.Look();
        var read = VlanReading.Read(known, look, pods);
        var wanted = VlanState.Of(read.Facts);
        (Facts, Wanted) = (read.Facts, wanted);
        var (made, troubles) = (ImmutableArray.CreateBuilder<VlanChange>(), ImmutableArray.CreateBuilder<string>());
        foreach (var change in VlanDiff.Plan(wanted, kernel.Actual(wanted, look)))
        {
            if (kernel.Apply(change, wanted) is { } refusal) troubles.Add(refusal);
            else
            {
                made.Add(change);
                LogMade(change);
            }
        }

        return Said(new VlanWord(made.ToImmutable(), read.Refusals, troubles.ToImmutable()));
    }

    /// <summary>Each trouble is told when it comes, not at every look.</summary>
    private VlanWord Said(VlanWord word)
    {
        var said = string.Join("; ", word.Refusals.Select(refusal => refusal.Message).Concat(word.Troubles));
        if (said != _said && said.Length > 0) LogTroubles(said);
        _said = said;
        return word;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "kernel: {Change}")]
    private partial void LogMade(VlanChange change);

    [LoggerMessage(Level = LogLevel.Warning, Message = "kernel: {Troubles}")]
    private partial void LogTroubles(string troubles);
}
