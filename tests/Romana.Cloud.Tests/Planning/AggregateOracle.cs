using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Planning;

/// <summary>What formats.md calls best in one table.</summary>
/// <param name="Least">Fewest routes of ours that are complete.</param>
/// <param name="Best">Null when the room does not do.</param>
internal sealed record BestPlan(int Least, (double Extra, double Local, int Routes)? Best);

/// <summary>
/// The definition of formats.md by search: at every prefix of a group, down to the single block, a route to every host
/// that may have one, or none; every number of routes; every division among groups. Shares nothing with the planner.
/// </summary>
internal sealed class AggregateOracle(SmallWorld world, InventoryTable table)
{
    /// <summary>An extra hop of one address where it counts first; one of a local block counts 1.</summary>
    private const long Far = 1 << 12;
    public const long Wrong = 1L << 40;

    /// <summary>Whose route it is that an address meets.</summary>
    private enum By
    {
        Us,
        Others,

        /// <summary>Another's at the block's own place or inside it, which we leave alone.</summary>
        OthersForGood,
    }

    private readonly Dictionary<string, InventoryHost> _byEni = world.Inventory.Hosts.ToDictionary(host => host.Eni);
    private readonly Dictionary<Cidr, string> _theirs = table.Routes.Where(route => !route.Owned && route.Target != "local")
        .ToDictionary(route => World.C(route.Destination), route => route.Target);
    private readonly List<InventoryBlock> _blocks = [.. world.Inventory.Blocks!.Value.Where(block => world.Named(block.Host)!.Health != HostHealth.Down)];

    private IpFamily Family => world.Leaves.First().Cidr.Family;

    public int Room => table.Quota.Of(Family) - _theirs.Keys.Count(cidr => cidr.Family == Family) - 1;

    public BestPlan Best()
    {
        var groups = world.Leaves.Select(leaf => new Search(this, leaf).Costs()).ToList();
        var least = groups.Sum(costs => costs.FindIndex(cost => cost < Wrong));
        if (least > Room) return new BestPlan(least, null);
        var sums = new List<(long Cost, int Routes)> { (0, 0) };
        foreach (var costs in groups)
        {
            sums = [.. sums.SelectMany(sum => costs.Select((cost, routes) => (Cost: sum.Cost + cost, Routes: sum.Routes + routes)))
                .Where(sum => sum.Cost < Wrong && sum.Routes <= Room).Distinct()];
        }

        var (best, count) = sums.Min();
        var total = (double)_blocks.Sum(block => (int)block.Cidr.Count);
        return new BestPlan(least, total == 0 ? (0, 0, count) : (best / Far / total, best % Far / total, count));
    }

    public List<InventoryHost> MembersOf(Group group) => [.. world.Inventory.Hosts.Where(host =>
        host.Groups["pods"] == group.Cidr || world.Inventory.Blocks!.Value.Any(block => block.Host == host.Name && group.Cidr.Contains(block.Cidr)))];

    public List<InventoryHost> RoutersOf(Group group)
    {
        var members = MembersOf(group);
        if (members.Select(host => host.Subnet).Distinct().Count() != 1) return [];
        var up = members.Where(host => host.Health == HostHealth.Up).ToList();
        return up.Exists(host => !host.Spot) ? [.. up.Where(host => !host.Spot)] : up;
    }

    /// <summary>Only a table of one subnet, not the main one, has neighbours that pass it by.</summary>
    public bool IsLocal(InventoryBlock block) => !table.Main && table.Subnets.Length == 1 && world.Named(block.Host)!.Subnet == table.Subnets[0];

    private long ExtraHop(InventoryBlock block) => IsLocal(block) ? 1 : Far;

    /// <summary>Every address of every counted block meets a right next hop.</summary>
    public bool IsComplete(InventoryTable after)
    {
        var routes = after.Routes.Where(route => route.Target != "local").Select(route => (Cidr: World.C(route.Destination), route)).ToList();
        return _blocks.TrueForAll(block => Enumerable.Range(0, (int)block.Cidr.Count).All(i =>
        {
            var met = routes.Where(route => route.Cidr.Contains(block.Cidr.First.Plus((UInt128)i))).OrderByDescending(route => route.Cidr.Length).FirstOrDefault().route;
            return met is not null && Harm(world.Leaves.Single(leaf => leaf.Cidr.Contains(block.Cidr)), block, met.Target, ours: false) < Wrong;
        }));
    }

    /// <summary>
    /// What a matching route does to an address of a block. A route of ours to a host that
    /// should lead last is no way for others where another can lead; a route of others may well be.
    /// </summary>
    public long Harm(Group group, InventoryBlock block, string target, bool ours)
    {
        if (!_byEni.TryGetValue(target, out var hop)) return Wrong;
        if (hop.Name == block.Host) return 0;
        var members = MembersOf(group);
        if (!members.Contains(hop) || members.Select(host => host.Subnet).Distinct().Count() > 1 || hop.Health != HostHealth.Up) return Wrong;
        return ours && !RoutersOf(group).Contains(hop) ? Wrong : ExtraHop(block);
    }

    private sealed class Search
    {
        private readonly AggregateOracle _oracle;
        private readonly Group _group;
        private readonly List<InventoryHost> _hops;
        private readonly List<InventoryBlock> _blocks;
        private readonly Dictionary<Cidr, string> _theirs;
        private readonly Dictionary<(Cidr, string, By), List<long>> _known = [];
        private readonly bool _prefixOnly;

        public Search(AggregateOracle oracle, Group group)
        {
            (_oracle, _group) = (oracle, group);
            _blocks = [.. oracle._blocks.Where(block => group.Cidr.Contains(block.Cidr))];
            _theirs = oracle._theirs.Where(route => group.Cidr.Contains(route.Key)).ToDictionary();
            _hops = [.. oracle.MembersOf(group).Where(host => host.Health == HostHealth.Up || _blocks.Exists(block => block.Host == host.Name))];
            _prefixOnly = group.Modes == RoutingModes.PrefixAnnounceVpc;
        }

        /// <summary>Element k: least harm with exactly k routes of ours; Wrong and more where it is not complete.</summary>
        public List<long> Costs()
        {
            var routers = _oracle.RoutersOf(_group);
            var taken = _theirs.ContainsKey(_group.Cidr);
            if ((_group.Cover || _prefixOnly) && routers.Count > 0 && !taken)
            {
                var ways = routers.ConvertAll(router => Below(_group.Cidr, router.Eni, By.Us));
                return [Wrong, .. Least(ways)];
            }

            // What a group without a router cannot have is nobody's fault.
            return _prefixOnly ? [Constant()] : Of(_group.Cidr, "", By.Us);
        }

        private long Constant() => _blocks.Sum(block => Addresses(block.Cidr).Sum(address =>
            _theirs.Where(route => route.Key.Contains(address)).OrderByDescending(route => route.Key.Length).FirstOrDefault().Value is { } target
                ? HostAt(block, target) : 0));

        private IEnumerable<IpAddress> Addresses(Cidr cidr) => Enumerable.Range(0, (int)cidr.Count).Select(i => cidr.First.Plus((UInt128)i));

        private List<long> Of(Cidr prefix, string inherited, By whose)
        {
            if (!_blocks.Exists(block => block.Cidr.Overlaps(prefix))) return [0];
            if (_known.TryGetValue((prefix, inherited, whose), out var known)) return known;
            List<long> costs;
            if (_theirs.TryGetValue(prefix, out var theirs)) costs = Below(prefix, theirs, _prefixOnly || _blocks.Exists(block => block.Cidr.Contains(prefix)) ? By.OthersForGood : By.Others);
            else
            {
                List<List<long>> ways = [Below(prefix, inherited, whose)];
                if (!_prefixOnly && !_blocks.Exists(block => block.Cidr != prefix && block.Cidr.Contains(prefix)))
                    ways.AddRange(_hops.Select(hop => (List<long>)[Wrong, .. Below(prefix, hop.Eni, By.Us)]));
                costs = Least(ways);
            }

            return _known[(prefix, inherited, whose)] = costs;
        }

        /// <summary>With that next hop for the prefix.</summary>
        private List<long> Below(Cidr prefix, string hop, By whose)
        {
            var owner = _blocks.Find(block => block.Cidr.Contains(prefix));
            if (owner is not null && !_theirs.Keys.Any(cidr => cidr != prefix && prefix.Contains(cidr))) return [HarmTo(owner, hop, whose) * (int)prefix.Count];
            var (lower, upper) = (Of(prefix.LowerHalf, hop, whose), Of(prefix.UpperHalf, hop, whose));
            var costs = Enumerable.Repeat(long.MaxValue, lower.Count + upper.Count - 1).ToList();
            for (var i = 0; i < lower.Count; i++)
            {
                for (var j = 0; j < upper.Count; j++) costs[i + j] = Math.Min(costs[i + j], lower[i] + upper[j]);
            }

            return costs;
        }

        private long HarmTo(InventoryBlock block, string hop, By whose) =>
            whose == By.OthersForGood ? HostAt(block, hop) : _oracle.Harm(_group, block, hop, whose == By.Us);

        private long HostAt(InventoryBlock block, string target) =>
            _oracle._byEni.TryGetValue(target, out var host) && host.Name != block.Host ? _oracle.ExtraHop(block) : 0;

        private static List<long> Least(List<List<long>> ways) =>
            [.. Enumerable.Range(0, ways.Max(way => way.Count)).Select(k => ways.Min(way => k < way.Count ? way[k] : long.MaxValue))];
    }
}
