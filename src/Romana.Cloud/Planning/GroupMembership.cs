using System.Collections.Immutable;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Planning;

/// <summary>
/// Which hosts are a group's, so that a cover stands before the first block is granted. A host belongs where the
/// inventory binds it, else where its blocks are, else where the document lists it, else where its labels lead.
/// </summary>
internal static class GroupMembership
{
    public static void Bind(PlanGround ground, Topology topology)
    {
        foreach (var network in topology.Networks) Bind(ground, network);
        foreach (var group in ground.Groups) ChooseRouters(ground, group);
    }

    private static void Bind(PlanGround ground, Network network)
    {
        var groups = ground.Groups.Where(group => group.Group.Network == network.Name && group.Duty != GroupDuty.Segment).ToList();
        if (groups.Count == 0) return;
        var counts = new Dictionary<Group, int>(ReferenceEqualityComparer.Instance);
        foreach (var group in groups) counts[group.Group] = group.Members.Count;
        var bound = groups.SelectMany(group => group.Members).ToHashSet();
        foreach (var host in ground.Hosts.All)
        {
            var stated = Stated(network, host);
            if (stated is null && bound.Contains(host.Index)) continue;
            var leaf = stated ?? Listed(network, host)
                ?? GroupPlacement.Choose(network, host.Host.Labels, group => counts.GetValueOrDefault(group));
            if (leaf is null) continue;
            counts[leaf] = counts.GetValueOrDefault(leaf) + 1;
            groups.Find(group => ReferenceEquals(group.Group, leaf))?.Members.Add(host.Index);
        }
    }

    private static Group? Stated(Network network, PlanHost host) =>
        host.Host.Groups.TryGetValue(network.Name, out var cidr) ? network.Leaves.FirstOrDefault(leaf => leaf.Cidr == cidr) : null;

    private static Group? Listed(Network network, PlanHost host) =>
        network.Leaves.FirstOrDefault(leaf => leaf.Hosts.Any(listed => listed.Name == host.Name));

    private static void ChooseRouters(PlanGround ground, PlanGroup group)
    {
        var hosts = group.Members.Select(index => ground.Hosts[index]).ToList();
        group.OneLink = hosts.Select(host => host.Host.Subnet).Distinct(StringComparer.Ordinal).Count() == 1;
        if (!group.OneLink)
        {
            if (hosts.Count > 0 && group.WantsCover) ground.Refused.Add(SeveralLinks(group, hosts));
            return;
        }

        var reachable = hosts.Any(host => host.Reachable);
        group.MustStand = !reachable;
        var able = hosts.Where(host => host.CanLead).ToList();
        var willing = able.Where(host => !host.LeadsLast).ToList();
        group.Routers = [.. (willing.Count > 0 ? willing : able).Select(host => host.Index)];
    }

    private static Refusal SeveralLinks(PlanGroup group, List<PlanHost> hosts)
    {
        var links = string.Join(", ", hosts.Select(host => host.Host.Subnet).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(4));
        return new Refusal(
            "several_links", null,
            $"Group {group.Label} ({group.Cidr}) has hosts on several links ({links}), so none of them can lead for the others: it gets no cover",
            "Divide the group into one sub-group per subnet (label romana.io/subnet)");
    }
}
