using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Planning;

/// <summary>Which leaf group of each network a host belongs to. A host keeps its group while it holds blocks there.</summary>
internal sealed class GroupBinding
{
    private readonly Topology? _layout;
    private readonly BlockIndex _blocks;
    private readonly Dictionary<(string Network, Cidr Group), int> _hostsIn = [];
    private readonly Dictionary<(string Network, string Host), Group> _listed = [];
    private readonly bool _frozen;

    public GroupBinding(ControllerView view, BlockIndex blocks)
    {
        (_layout, _blocks) = (view.Layout, blocks);

        // While a proposal is open nobody moves: what holders agree to must stay what they looked at.
        _frozen = view.Topology?.Spec.Proposal is not null;
        foreach (var host in view.Hosts.Where(host => host.Spec.Condition != HostCondition.Dead))
            foreach (var (network, group) in host.Spec.Groups) Count(network, group, 1);
        foreach (var leaf in (_layout?.Networks ?? []).SelectMany(network => network.Leaves))
            foreach (var listed in leaf.Hosts) _listed.TryAdd((leaf.Network, listed.Name), leaf);
    }

    public HostSpec Bind(HostSpec host, TypedRecord<HostSpec, HostStatus>? before, PlanBuilder plan)
    {
        if (_layout is null || host.Condition == HostCondition.Dead || _frozen && before is not null) return host;
        var groups = host.Groups;
        foreach (var network in _layout.Networks)
        {
            var current = groups.TryGetValue(network.Name, out var group) ? group : (Cidr?)null;
            var next = Leaf(network, host, current, plan)?.Cidr;
            if (next == current) continue;
            if (current is { } old) Count(network.Name, old, -1);
            if (next is { } chosen) Count(network.Name, chosen, 1);
            groups = next is { } leaf ? groups.SetItem(network.Name, leaf) : groups.Remove(network.Name);
        }

        foreach (var gone in groups.Keys.Where(name => _layout.Network(name) is null).ToList()) groups = groups.Remove(gone);
        var isListed = _layout.Networks.Any(network => _listed.ContainsKey((network.Name, host.Name)));
        if (groups.IsEmpty)
        {
            plan.Condition("NoSuitableGroup", $"no group of any network takes {host.Name}: give it the labels that a group's "
                + "assignment asks for, or add a group for it");
        }

        return host with { Groups = groups, Listed = isListed };
    }

    private Group? Leaf(Network network, HostSpec host, Cidr? current, PlanBuilder plan)
    {
        var eligible = Eligible(network, host).ToList();
        if (current is { } group)
        {
            if (eligible.FirstOrDefault(leaf => leaf.Cidr == group) is { } still) return still;
            var held = _blocks.OfHost(host.Uid).Where(block => block.Spec.Network == network.Name).Select(block => block.Spec.Cidr).ToList();
            if (held.Count > 0) return Mismatched(network, host, group, held, eligible, plan);
        }

        return eligible.MinBy(leaf => _hostsIn.GetValueOrDefault((network.Name, leaf.Cidr)));
    }

    private static Group? Mismatched(
        Network network, HostSpec host, Cidr group, List<Cidr> held, List<Group> eligible, PlanBuilder plan)
    {
        // A group may have grown or moved around the blocks; then there is nothing to complain of.
        if (eligible.FirstOrDefault(leaf => held.TrueForAll(leaf.Cidr.Contains)) is { } around) return around;
        plan.Condition("GroupMismatch", $"{host.Name} holds {string.Join(", ", held)} of {network.Name} in group {group}, "
            + "which its labels no longer enter: it stays there until it holds nothing; drain it to move it");
        return network.Leaves.FirstOrDefault(leaf => leaf.Cidr == group)
            ?? network.Leaves.FirstOrDefault(leaf => held.TrueForAll(leaf.Cidr.Contains));
    }

    private IEnumerable<Group> Eligible(Network network, HostSpec host) =>
        _listed.TryGetValue((network.Name, host.Name), out var leaf) ? [leaf] : GroupPlacement.Eligible(network, host.Labels);

    private void Count(string network, Cidr group, int change) =>
        _hostsIn[(network, group)] = _hostsIn.GetValueOrDefault((network, group)) + change;
}
