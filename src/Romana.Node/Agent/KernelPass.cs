using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Addressing;
using Romana.Node.Linux;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Wiring;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Agent;

/// <summary>What one look at the kernel came to.</summary>
/// <param name="Made">Changes that were made, in their order.</param>
/// <param name="Refusals">VLANs that are not served; nothing but a change of the world or of the store's word helps.</param>
/// <param name="Faults">What could not be planned or made; it is tried again.</param>
internal sealed record KernelWord(ImmutableArray<KernelChange> Made, ImmutableArray<VlanRefusal> Refusals, ImmutableArray<string> Faults)
{
    public bool IsSettled => Made.IsEmpty && Faults.IsEmpty;

    /// <summary>All that is not as it should be, with reasons; empty: the kernel is as it shall be.</summary>
    public ImmutableArray<string> Troubles => [.. Refusals.Select(refusal => refusal.Message), .. Faults];
}

/// <summary>Looks at the kernel, plans, and makes what is missing. Whatever an event said, all of it is read.</summary>
internal sealed partial class KernelPass(KernelFabric kernel, ILogger log)
{
    private string _said = "";

    /// <summary>Of the newest pass that could read them.</summary>
    public FabricFacts? Facts { get; private set; }

    /// <summary>Of the newest pass; null before the first.</summary>
    public VlanFacts? Vlans { get; private set; }

    /// <summary>Proxy entries that shall stand.</summary>
    public ImmutableArray<Neighbour> Proxies { get; private set; } = [];

    /// <exception cref="IOException">The kernel failed in the midst; what was made stands, the guards first.</exception>
    public KernelWord Run(KernelKnowledge known, ImmutableArray<PodFact> pods)
    {
        var look = kernel.Look();
        var vlans = VlanReading.Read(known.Vlans, kernel.ForVlans(look), pods);
        Vlans = vlans.Facts;
        var faults = ImmutableArray.CreateBuilder<string>();
        var fabric = FabricReading.Read(known.Fabric, look, PodPlaces.OutsideVlans(known.Vlans, pods), vlans.Facts);
        var wanted = fabric switch
        {
            FactsOutcome.Known read => KernelState.Of(Facts = read.Facts),
            FactsOutcome.Refused refused => Unread(refused),
            var other => throw new InvalidOperationException($"unknown outcome {other}"),
        };
        return Said(Make(wanted.With(VlanState.Of(vlans.Facts)), look, vlans.Refusals, faults));

        KernelState Unread(FactsOutcome.Refused refused)
        {
            faults.Add(refused.Message);
            return KernelState.WithoutFabric(Facts);
        }
    }

    /// <summary>Where the host looks for an address of a pod's. No table: its VLAN is refused, or nothing is known of it yet.</summary>
    public PodWay WayOf(KernelKnowledge? known, IpAddress address) =>
        known is null ? PodPlaces.Nowhere : PodPlaces.WayOf(known.Vlans, Vlans, Facts, address);

    /// <summary>
    /// A pod's sources, its VLAN's sets and the answers for it on the wire, at once: its first packet finds all of it.
    /// </summary>
    /// <exception cref="IOException"/>
    public void Admit(KernelKnowledge? known, PodFact pod)
    {
        kernel.Admit(PodPlaces.Elements(known?.Vlans, Vlans, pod));
        foreach (var proxy in ProxiesOf(pod).Where(proxy => !Proxies.Contains(proxy))) kernel.Apply(new KernelChange.AddProxy(proxy), KernelState.WithoutFabric(null));
    }

    /// <inheritdoc cref="Admit"/>
    public void Dismiss(KernelKnowledge? known, PodFact pod)
    {
        foreach (var proxy in ProxiesOf(pod)) kernel.Apply(new KernelChange.RemoveProxy(proxy), KernelState.WithoutFabric(null));
        kernel.Dismiss(PodPlaces.Elements(known?.Vlans, Vlans, pod));
    }

    private IEnumerable<Neighbour> ProxiesOf(PodFact pod) => Vlans is null ? [] : VlanState.Proxied(Vlans, pod.Addresses);

    private KernelWord Make(KernelState wanted, KernelLook look, ImmutableArray<VlanRefusal> refusals, ImmutableArray<string>.Builder faults)
    {
        Proxies = wanted.Proxies;
        var actual = kernel.Actual(wanted, look);
        var plan = KernelDiff.Plan(wanted, actual);
        var made = ImmutableArray.CreateBuilder<KernelChange>();
        faults.AddRange(plan.Conflicts.Select(Conflict));
        faults.AddRange(actual.Forbidding.Select(chain =>
            $"nftables' chain {chain} drops by its policy what pods send and receive, and no rule of ours can override it: accept the pod networks in that chain"));
        foreach (var change in plan.Changes)
        {
            if (kernel.Apply(change, wanted) is { } refusal) faults.Add(refusal);
            else
            {
                made.Add(change);
                LogMade(change);
            }
        }

        return new KernelWord(made.ToImmutable(), refusals, faults.ToImmutable());
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
