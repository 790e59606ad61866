using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Planning;

/// <summary>Puts each granted block into its group, and sets aside those that no route may be planned for.</summary>
internal sealed class BlockSorting
{
    private readonly PlanGround _ground;
    private readonly Topology _topology;
    private readonly List<(Cidr Cidr, int Group)> _groups;
    private readonly List<Cidr> _still = [];

    public BlockSorting(PlanGround ground, Topology topology)
    {
        _ground = ground;
        _topology = topology;
        _groups = [.. ground.Groups.Select((group, index) => (group.Cidr, index)).Order()];
    }

    /// <returns>Spaces where nothing may move.</returns>
    public IEnumerable<Cidr> Sort(IEnumerable<InventoryBlock> blocks)
    {
        var sorted = blocks.Where(Announced).OrderBy(block => block.Cidr).ThenBy(block => block.Host, StringComparer.Ordinal).ToList();
        var overlapping = MarkOverlaps(sorted);
        for (var i = 0; i < sorted.Count; i++) Place(sorted[i], overlapping[i]);
        return _still;
    }

    /// <summary>Blocks of a group that the VPC is not told about are nobody's business here; of an unknown network, they are.</summary>
    private bool Announced(InventoryBlock block)
    {
        if (GroupOf(block.Cidr) >= 0 || _ground.Untouched.Overlaps(block.Cidr)) return true;
        var network = _topology.Network(block.Network);
        return network is null || !network.Leaves.Any(leaf => leaf.Cidr.Contains(block.Cidr));
    }

    private void Place(InventoryBlock block, bool overlapping)
    {
        var host = _ground.Hosts.Named(block.Host);
        var group = GroupOf(block.Cidr);
        if (group >= 0 && _ground.Groups[group].Group.Network != block.Network) group = -1;
        _ground.Blocks.Add(new PlanBlock(block.Cidr, host, group));
        if (overlapping || Refuse(block, host, group))
        {
            _still.Add(block.Cidr);
            return;
        }

        var to = _ground.Groups[group];
        if (to.Duty == GroupDuty.Segment) return;
        to.Members.Add(host);
        if (_ground.Hosts[host].TakesOwn) to.Granted.Add(new PlanBlock(block.Cidr, host, group));
    }

    private bool Refuse(InventoryBlock block, int host, int group)
    {
        if (_ground.Untouched.Overlaps(block.Cidr)) return true;
        if (group < 0)
        {
            _ground.Refused.Add(new Refusal(
                "no_group", null, $"Block {block.Cidr} of host {block.Host} lies in no group of network {block.Network}; routes for it stay as they are",
                "Recall the block, or give the network a group that holds it"));
            return true;
        }

        if (host < 0 && _ground.Groups[group].Duty != GroupDuty.Segment)
        {
            _ground.Refused.Add(new Refusal(
                "no_host", null, $"Block {block.Cidr} belongs to host {block.Host}, which is not known; routes for it stay as they are",
                "Wait for the host to be seen again, or remove it for good"));
            return true;
        }

        // What is wrong with the interface was said once, of the host.
        return host < 0 || !_ground.Hosts[host].Reachable;
    }

    private bool[] MarkOverlaps(List<InventoryBlock> sorted)
    {
        var marked = new bool[sorted.Count];
        var widest = -1;
        for (var i = 0; i < sorted.Count; i++)
        {
            if (widest < 0 || !sorted[widest].Cidr.Contains(sorted[i].Cidr))
            {
                widest = i;
                continue;
            }

            marked[widest] = marked[i] = true;
            _ground.Refused.Add(new Refusal(
                "overlap", null,
                $"Overlap: block {sorted[i].Cidr} of host {sorted[i].Host} and block {sorted[widest].Cidr} of host {sorted[widest].Host}; no route changes for either",
                "Release one of the two blocks"));
        }

        return marked;
    }

    private int GroupOf(Cidr block)
    {
        var at = _groups.BinarySearch((block, int.MaxValue));
        var before = (at >= 0 ? at : ~at) - 1;
        return before >= 0 && _groups[before].Cidr.Contains(block) ? _groups[before].Group : -1;
    }
}
