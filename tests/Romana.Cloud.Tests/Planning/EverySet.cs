using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Planning;

/// <summary>Tries every set of routes of a world of one tiny group, and judges each address by address.</summary>
internal static class EverySet
{
    public static (double Extra, double Local, int Routes)? Best(SmallWorld world, InventoryTable table, int room)
    {
        var oracle = new AggregateOracle(world, table);
        var leaf = world.Leaves.Single();
        var theirs = table.Routes.Where(route => !route.Owned && route.Target != "local").ToDictionary(route => World.C(route.Destination), route => route.Target);
        var addresses = Addresses(world).ToList();
        var cover = (leaf.Cover || leaf.Modes == RoutingModes.PrefixAnnounceVpc) && oracle.RoutersOf(leaf).Count > 0 && !theirs.ContainsKey(leaf.Cidr);
        (double, double, int)? best = null;
        foreach (var set in Sets(Choices(world, oracle, leaf, theirs, cover).ToList(), 0, Math.Max(0, room)))
        {
            if (set.Count > room || (cover && !set.Any(route => route.Cidr == leaf.Cidr))) continue;
            var (wrong, far, near) = (false, 0.0, 0.0);
            foreach (var (address, block) in addresses)
            {
                var other = theirs.Where(route => route.Key.Contains(address)).OrderByDescending(route => route.Key.Length).FirstOrDefault();
                var ours = set.Where(route => route.Cidr.Contains(address)).OrderByDescending(route => route.Cidr.Length).FirstOrDefault();
                var byUs = ours.Target is not null && (other.Value is null || ours.Cidr.Length > other.Key.Length);
                var target = byUs ? ours.Target! : other.Value ?? "";
                var harm = oracle.Harm(leaf, block, target, byUs);
                var forGood = !byUs && other.Value is not null && leaf.Cidr.Contains(other.Key)
                    && (leaf.Modes == RoutingModes.PrefixAnnounceVpc || block.Cidr.Contains(other.Key));
                // The prefix route alone, or nothing where nobody can lead it: what that leaves is nobody's fault.
                var helpless = leaf.Modes == RoutingModes.PrefixAnnounceVpc && !cover;
                if (harm >= AggregateOracle.Wrong && !forGood && !helpless) wrong = true;
                if (!world.Inventory.Hosts.Any(host => host.Eni == target && host.Name != block.Host)) continue;
                if (oracle.IsLocal(block)) near++;
                else far++;
            }

            if (wrong) continue;
            var here = (far / Math.Max(1, addresses.Count), near / Math.Max(1, addresses.Count), set.Count);
            if (best is null || here.CompareTo(best.Value) < 0) best = here;
        }

        return best;
    }

    private static IEnumerable<(IpAddress, InventoryBlock)> Addresses(SmallWorld world) => world.Inventory.Blocks!.Value
        .Where(block => world.Named(block.Host)!.Health != HostHealth.Down)
        .SelectMany(block => Enumerable.Range(0, (int)block.Cidr.Count).Select(i => (block.Cidr.First.Plus((UInt128)i), block)));

    private static IEnumerable<(Cidr Cidr, string Target)> Choices(SmallWorld world, AggregateOracle oracle, Group leaf, Dictionary<Cidr, string> theirs, bool cover)
    {
        var prefixOnly = leaf.Modes == RoutingModes.PrefixAnnounceVpc;
        var blocks = world.Inventory.Blocks!.Value.Where(block => world.Named(block.Host)!.Health != HostHealth.Down).ToList();
        for (var length = leaf.Cidr.Length; length <= leaf.Cidr.Family.Width(); length++)
        {
            for (UInt128 i = 0; i < leaf.Cidr.CountOf(length); i++)
            {
                var cidr = leaf.Cidr.Slice(length, i);
                if (theirs.ContainsKey(cidr) || blocks.Exists(block => block.Cidr != cidr && block.Cidr.Contains(cidr))) continue;
                if (prefixOnly && (cidr != leaf.Cidr || !cover)) continue;
                var hosts = cover && cidr == leaf.Cidr
                    ? oracle.RoutersOf(leaf)
                    : oracle.MembersOf(leaf).Where(host => host.Health == HostHealth.Up || blocks.Exists(block => block.Host == host.Name));
                foreach (var host in hosts) yield return (cidr, host.Eni);
            }
        }
    }

    private static IEnumerable<List<(Cidr Cidr, string Target)>> Sets(List<(Cidr Cidr, string Target)> choices, int from, int room)
    {
        yield return [];
        if (room == 0) yield break;
        for (var i = from; i < choices.Count; i++)
        {
            foreach (var rest in Sets(choices, i + 1, room - 1))
            {
                if (!rest.Exists(route => route.Cidr == choices[i].Cidr)) yield return [choices[i], .. rest];
            }
        }
    }
}
