using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Planning;

/// <summary>The definitions of formats.md and R1, address by address, sharing nothing with the planner.</summary>
internal sealed class SlowJudge(SmallWorld world)
{
    public enum Match
    {
        Wrong,
        Weak,
        Router,
        Own,
    }

    private readonly Dictionary<string, InventoryHost> _byEni = world.Inventory.Hosts.ToDictionary(host => host.Eni);

    /// <summary>How each address of each granted block of a host that is not Down is reached.</summary>
    public Dictionary<IpAddress, Match> Reach(InventoryTable table)
    {
        // A static route beats a propagated one of its destination.
        var routes = table.Routes.Where(route => route.Target != "local").OrderBy(route => route.Propagated)
            .Select(route => (Cidr: World.C(route.Destination), route.Target)).OrderByDescending(route => route.Cidr.Length).ToList();
        var reach = new Dictionary<IpAddress, Match>();
        foreach (var block in world.Inventory.Blocks!.Value)
        {
            if (world.Named(block.Host)!.Health == HostHealth.Down) continue;
            var known = new Dictionary<string, Match>();
            for (UInt128 i = 0; i < block.Cidr.Count; i++)
            {
                var address = block.Cidr.First.Plus(i);
                var target = routes.Find(route => route.Cidr.Contains(address)).Target ?? "";
                if (!known.TryGetValue(target, out var match)) known[target] = match = Of(block, target);
                reach[address] = match;
            }
        }

        return reach;
    }

    private Match Of(InventoryBlock block, string target)
    {
        if (!_byEni.TryGetValue(target, out var hop)) return Match.Wrong;
        if (hop.Name == block.Host) return Match.Own;
        var group = GroupOf(block.Cidr);
        var members = MembersOf(group);
        if (!members.Contains(hop) || members.Select(host => host.Subnet).Distinct().Count() > 1 || hop.Health == HostHealth.Down) return Match.Wrong;
        return hop.Health == HostHealth.Up ? Match.Router : Match.Weak;
    }

    public Group GroupOf(Cidr block) => world.Leaves.Single(leaf => leaf.Cidr.Contains(block));

    public List<InventoryHost> MembersOf(Group group) => [.. world.Inventory.Hosts.Where(host => host.Groups["pods"] == group.Cidr)];

    /// <summary>Hosts that may lead the group's cover: Up, on one link, the willing ones where there are any.</summary>
    public List<InventoryHost> RoutersOf(Group group)
    {
        var members = MembersOf(group);
        if (members.Select(host => host.Subnet).Distinct().Count() > 1) return [];
        var up = members.Where(host => host.Health == HostHealth.Up).ToList();
        return up.Exists(host => !host.Spot) ? [.. up.Where(host => !host.Spot)] : up;
    }

    /// <summary>Fewest routes of ours in a group, by trying every next hop at every prefix.</summary>
    public int Fewest(Group group)
    {
        var blocks = world.Inventory.Blocks!.Value.Where(block => group.Cidr.Contains(block.Cidr) && world.Named(block.Host)!.Health != HostHealth.Down).ToList();
        var foreign = world.Inventory.Tables[0].Routes.Where(route => !route.Owned && route.Target != "local")
            .ToDictionary(route => World.C(route.Destination), route => _byEni.GetValueOrDefault(route.Target)?.Name ?? "");
        var search = new Search(blocks, foreign);
        var routers = RoutersOf(group);
        if (!group.Cover || routers.Count == 0 || foreign.ContainsKey(group.Cidr)) return search.Cost(group.Cidr, "");
        return 1 + routers.Min(router => search.CostBelow(group.Cidr, router.Name));
    }

    private sealed class Search(List<InventoryBlock> blocks, Dictionary<Cidr, string> foreign)
    {
        private readonly Dictionary<(Cidr, string), int> _known = [];

        public int CostBelow(Cidr prefix, string inherited) => Inside(prefix)
            ? Cost(prefix.LowerHalf, inherited) + Cost(prefix.UpperHalf, inherited)
            : blocks.Exists(block => block.Cidr == prefix && block.Host != inherited) && !Hidden(prefix) ? 1000 : 0;

        /// <summary>Routes of others inside the block leave no address of it to us.</summary>
        private bool Hidden(Cidr block) => Enumerable.Range(0, (int)block.Count)
            .All(i => foreign.Keys.Any(theirs => theirs != block && block.Contains(theirs) && theirs.Contains(block.First.Plus((UInt128)i))));

        public int Cost(Cidr prefix, string inherited)
        {
            if (!blocks.Exists(block => prefix.Contains(block.Cidr))) return 0;
            if (_known.TryGetValue((prefix, inherited), out var known)) return known;
            // Another's route stays, and what it takes away at its own place is not ours to mend.
            var cost = foreign.TryGetValue(prefix, out var theirs)
                ? CostBelow(prefix, theirs) % 1000
                : Math.Min(
                    CostBelow(prefix, inherited),
                    1 + blocks.Where(block => prefix.Contains(block.Cidr)).Min(block => CostBelow(prefix, block.Host)));
            return _known[(prefix, inherited)] = cost;
        }

        private bool Inside(Cidr prefix) => blocks.Exists(block => block.Cidr != prefix && prefix.Contains(block.Cidr));
    }
}
