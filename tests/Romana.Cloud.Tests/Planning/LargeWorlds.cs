using System.Collections.Immutable;
using System.Globalization;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Planning;

/// <summary>Worlds of a real size: zones with a subnet or more, a table for each zone, five routes of others in each.</summary>
internal static class LargeWorlds
{
    private static readonly Cidr Network = World.C("10.128.0.0/9");

    /// <summary>One block a host, in the order in which they joined.</summary>
    public static SmallWorld Even(int hosts, int zones, int subnetsPerZone = 1) => Make(hosts, zones, subnetsPerZone,
        (random, groups, all) => all.Select((host, index) => World.Block(groups[index % groups.Count].Slice(26, (UInt128)(index / groups.Count)).ToString(), host.Name)),
        HostHealth.Up, 0);

    /// <summary>One to four blocks a host anywhere in its group; some hosts Down, Suspect, Draining or spot.</summary>
    public static SmallWorld Worn(int hosts, int zones, int subnetsPerZone, int seed) => Make(hosts, zones, subnetsPerZone, (random, groups, all) =>
    {
        var slots = groups.ConvertAll(_ => Enumerable.Range(0, 1 << 12).OrderBy(_ => random.Next()).ToList());
        return all.SelectMany((host, index) => Enumerable.Range(0, random.Next(1, 5)).Select(_ =>
        {
            var mine = slots[index % groups.Count];
            var slot = mine[^1];
            mine.RemoveAt(mine.Count - 1);
            return World.Block(groups[index % groups.Count].Slice(26, (UInt128)slot).ToString(), host.Name);
        }));
    }, null, seed);

    private static SmallWorld Make(
        int hosts, int zones, int subnetsPerZone, Func<Random, List<Cidr>, List<InventoryHost>, IEnumerable<InventoryBlock>> blocks, HostHealth? health, int seed)
    {
        var random = new Random(seed);
        var groups = Enumerable.Range(0, zones * subnetsPerZone).Select(index => Network.Slice(14, (UInt128)index)).ToList();
        var all = Enumerable.Range(0, hosts).Select(index => Host(index, groups, health ?? Health(random), health is null && random.Next(8) == 0)).ToList();
        return new SmallWorld(
            World.Of(World.Net(Network.ToString(), [.. groups.Select((cidr, index) => World.Leaf(cidr.ToString(), cover: true, $"g{index}", subnet: $"subnet-{index}"))])),
            World.Inventory(all, blocks(random, groups, all), [.. Enumerable.Range(0, zones).Select(zone => Table(zone, subnetsPerZone))]));
    }

    private static HostHealth Health(Random random) => random.Next(20) switch { 0 => HostHealth.Down, 1 => HostHealth.Suspect, 2 => HostHealth.Draining, _ => HostHealth.Up };

    private static InventoryHost Host(int index, List<Cidr> groups, HostHealth health, bool spot) =>
        World.Host("h" + (index + 1).ToString(CultureInfo.InvariantCulture), $"subnet-{index % groups.Count}", health) with
        {
            Spot = spot,
            Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", groups[index % groups.Count]),
        };

    private static InventoryTable Table(int zone, int subnetsPerZone) => World.Table($"rtb-{zone}", 50,
    [
        World.Other("0.0.0.0/0", "nat-1"), .. Enumerable.Range(1, 4).Select(other => World.Other($"192.168.{other}.0/24", "tgw-1")),
    ]) with
    {
        Subnets = [.. Enumerable.Range(0, subnetsPerZone).Select(subnet => $"subnet-{(zone * subnetsPerZone) + subnet}")],
    };
}
