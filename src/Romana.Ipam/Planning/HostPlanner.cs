using System.Collections.Immutable;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Planning;

/// <summary>Registers hosts, keeps their records like what discovery sees, and concludes from absence only what absence proves.</summary>
internal sealed class HostPlanner(ControllerView view, GroupBinding binding, BlockIndex blocks, PlanBuilder plan)
{
    /// <summary>Observations of one kind that a removal needs.</summary>
    public const int Observations = 2;

    private readonly Dictionary<HostUid, DateTimeOffset> _beats = view.Beats.GroupBy(beat => beat.Spec.Host)
        .ToDictionary(host => host.Key, host => host.Max(beat => beat.Spec.At));

    private int _nextUid;

    public void Plan(bool underReview)
    {
        var seen = Seen();
        var (living, ended) = (0, 0);
        foreach (var host in view.Hosts.OrderBy(host => host.Spec.Name, StringComparer.Ordinal).ThenBy(host => host.Spec.Uid))
        {
            if (IsForgettable(host))
            {
                plan.Add(new Change.DeleteHost(host, $"{host.Spec.Name} is dead and holds nothing"));
                continue;
            }

            var next = Next(host, seen);
            next = next with { AgentAdmitted = next.AgentAdmitted || host.Status is not null && !underReview };
            next = binding.Bind(next, host, plan);
            if (next.Condition != HostCondition.Dead) (living, ended) = (living + 1, ended + (next.Ended >= Observations ? 1 : 0));
            if (!Same(next, host.Spec)) plan.Add(new Change.UpdateHost(host, next, Why(host.Spec, next)));
        }

        if (living > 0 && ended == living)
        {
            plan.Condition("AllHostsEnded", $"all {living} hosts are shown as terminated and none as running: nothing moves, the fault may be in what we see; "
                + "if it is true, say so with 'romana hosts remove NAME', or start a host: the others are given up then");
        }

        foreach (var (sighting, _) in (seen?.Matches ?? []).Where(match => match.Known is null)) Register(sighting);
    }

    private Sightings? Seen()
    {
        // Nobody at all, where there were hosts, is a broken look and not an empty world (R3).
        if (view.Discovery is not { } discovery || discovery.Sightings.IsEmpty) return null;
        var matches = HostMatching.Match([.. view.Hosts.Select(host => host.Spec)], discovery.Sightings);
        return new(matches, matches.Where(match => match.Known is not null).ToDictionary(match => match.Known!.Uid, match => match.Seen));
    }

    private void Register(HostSighting sighting)
    {
        if (sighting.State == SightingState.Terminated) return;
        if (_nextUid >= view.FreshUids.Count) throw new InvalidOperationException("the view has fewer fresh UIDs than discovery has new hosts");
        var spec = Seen(new HostSpec { Uid = view.FreshUids[_nextUid++], Name = sighting.Name, Since = view.Now }, sighting);
        if (view.Hosts.Any(host => host.Spec.Name == sighting.Name && host.Spec.Condition != HostCondition.Dead))
            plan.Event("NameUsedAgain", sighting.Name, $"{sighting.Name} came with other evidence: it is another host, {spec.Uid}, and inherits nothing");
        plan.Add(new Change.CreateHost(binding.Bind(spec, null, plan), $"{sighting.Name} is {spec.Uid}"));
    }

    private HostSpec Next(TypedRecord<HostSpec, HostStatus> host, Sightings? seen)
    {
        if (host.Spec.Condition == HostCondition.Dead || seen is null) return host.Spec;
        return seen.ByHost.TryGetValue(host.Spec.Uid, out var sighting)
            ? sighting.State == SightingState.Terminated ? Terminated(host.Spec, sighting) : Seen(host.Spec, sighting)
            : Absent(host.Spec);
    }

    private HostSpec Seen(HostSpec host, HostSighting sighting)
    {
        var draining = host.DrainedByOperator || sighting.State == SightingState.Draining;
        var reason = host.DrainedByOperator ? OperatorWords.DrainReason : sighting.Reason;
        return Become(host with
        {
            Name = sighting.Name,
            Evidence = Merge(host.Evidence, sighting.Evidence),
            Addresses = sighting.Addresses,
            Labels = sighting.Labels,
            Zone = sighting.Zone,
            PodInterface = sighting.PodInterface ?? host.PodInterface,
            Missed = 0,
            Ended = 0,
        }, draining ? HostCondition.Draining : HostCondition.Live, draining ? reason : null);
    }

    /// <summary>A Node object may be made anew on the same machine; what a sighting does not know stays.</summary>
    private static HostEvidence Merge(HostEvidence known, HostEvidence seen) => new()
    {
        InstanceId = seen.InstanceId ?? known.InstanceId,
        NodeUid = seen.NodeUid ?? known.NodeUid,
        MachineId = seen.MachineId ?? known.MachineId,
    };

    private HostSpec Terminated(HostSpec host, HostSighting sighting)
    {
        var ended = Math.Min(host.Ended + 1, Observations);
        var next = host with { Ended = ended, Missed = 0 };
        return ended < Observations || NobodyRuns ? next : Become(next, HostCondition.Dead, sighting.Reason ?? "terminated");
    }

    /// <summary>
    /// A look at nothing but ends is not believed at once (R3): all dead at one time is our eyes' fault before it is the
    /// world's. It is remembered, and the first look that shows a running host beside them concludes.
    /// </summary>
    private bool NobodyRuns => view.Discovery!.Sightings.All(sighting => sighting.State == SightingState.Terminated);

    /// <summary>Absence from a list is unknown. Only a Node object that is gone, without a beat, for the grace is dead, and not on an L2 network.</summary>
    private HostSpec Absent(HostSpec host)
    {
        // What has ended for good stays so, also when EC2 has forgotten it since.
        if (host.Ended >= Observations) return NobodyRuns ? host : Become(host, HostCondition.Dead, "terminated");
        var next = host with { Missed = Math.Min(host.Missed + 1, Observations), Ended = 0 };
        if (next.Missed < Observations) return next;
        if (host.Condition != HostCondition.Unknown) return Become(next, HostCondition.Unknown, "not in the list of hosts");
        var since = host.Since ?? view.Now;
        var silentSince = _beats.TryGetValue(host.Uid, out var beat) && beat > since ? beat : since;
        if (!view.Discovery!.ListsNodes || HoldsOnLink(host) || view.Now - silentSince < view.Settings.NodeGone) return next;
        return Become(next, HostCondition.Dead, "its Node is gone and it gave no sign of life");
    }

    /// <summary>A host that is cut off from us still answers ARP to its neighbours.</summary>
    private bool HoldsOnLink(HostSpec host) => blocks.OfHost(host.Uid)
        .Any(block => view.Layout?.Network(block.Spec.Network) is null or { IsL2: true });

    private HostSpec Become(HostSpec host, HostCondition condition, string? reason)
    {
        if (host.Condition == condition && host.Reason == reason) return host;
        if (host.Condition != condition)
            plan.Event($"Host{condition}", host.Name, $"{host.Name} ({host.Uid}) is {condition}{(reason is null ? "" : $": {reason}")}");
        return host with { Condition = condition, Reason = reason, Since = host.Condition == condition ? host.Since : view.Now };
    }

    /// <summary>A record that says which checks we switched off is all that uninstall can switch them on again by.</summary>
    private bool IsForgettable(TypedRecord<HostSpec, HostStatus> host) =>
        host.Spec is { Condition: HostCondition.Dead, Since: { } since } && view.Now - since >= view.Settings.DeadHostKept
        && host.Spec.ChecksSwitchedOff.IsEmpty && !blocks.OfHost(host.Spec.Uid).Any();

    private static bool Same(HostSpec left, HostSpec right) =>
        left.Addresses.SequenceEqual(right.Addresses) && left.Labels.SequenceEqual(right.Labels)
        && left.Groups.OrderBy(group => group.Key, StringComparer.Ordinal).SequenceEqual(right.Groups.OrderBy(group => group.Key, StringComparer.Ordinal))
        && left with { Addresses = right.Addresses, Labels = right.Labels, Groups = right.Groups } == right;

    private static string Why(HostSpec before, HostSpec after) =>
        before.Condition != after.Condition ? $"{after.Name} is {after.Condition}{(after.Reason is null ? "" : $": {after.Reason}")}"
        : before.Missed != after.Missed && after.Missed > 0 ? $"{after.Name} was not seen" : $"{after.Name} changed";

    private sealed record Sightings(
        IReadOnlyList<(HostSighting Seen, HostSpec? Known)> Matches, Dictionary<HostUid, HostSighting> ByHost);
}
