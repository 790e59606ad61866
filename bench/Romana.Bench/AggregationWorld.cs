using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Bench;

/// <summary>Three zones of one subnet and one table each, five routes of others in every table, blocks of 64 addresses.</summary>
internal sealed class AggregationWorld
{
    private const int Zones = 3;

    private AggregationWorld(Topology topology, Inventory inventory) => (Topology, Inventory) = (topology, inventory);

    public Topology Topology { get; }

    public Inventory Inventory { get; }

    /// <param name="worn">
    /// False: one block a host, in the order in which they joined. True: as after years, one to four blocks a host anywhere in
    /// its group, hosts gone and their space free.
    /// </param>
    public static AggregationWorld Make(int hosts, bool worn)
    {
        var network = Cidr.Parse("10.128.0.0/9");
        var groups = Enumerable.Range(0, Zones).Select(zone => new Group
        {
            Network = "pods",
            Path = [zone],
            Name = $"zone-{zone}",
            Cidr = network.Slice(11, (UInt128)zone),
            Kind = GroupKind.Hosts,
            Modes = RoutingModes.BlockAnnounceVpc,
            Cover = true,
            Assignment = ImmutableSortedDictionary<string, string>.Empty.Add("romana.io/subnet", $"subnet-{zone}"),
        }).ToList();
        var root = new Group { Network = "pods", Path = [], Name = "", Cidr = network, Kind = GroupKind.Groups, Groups = [.. groups] };
        var topology = new Topology { Networks = [new Network { Name = "pods", Cidr = network, BlockMask = 26, Root = root }] };
        return new AggregationWorld(topology, new Inventory
        {
            Vpc = new InventoryVpc { Cidrs = [Cidr.Parse("10.0.0.0/16")] },
            Subnets = [.. Enumerable.Range(0, Zones).Select(zone => new InventorySubnet($"subnet-{zone}", $"zone-{zone}", Cidr.Parse($"10.0.{zone * 16}.0/20")))],
            Hosts = [.. Enumerable.Range(0, hosts).Select(host => new InventoryHost
            {
                Name = Name(host), Ip = new IpAddress(IpFamily.IPv4, 0x0a000010u + (uint)host), Eni = $"eni-{host:D5}", Subnet = $"subnet-{host % Zones}",
                Labels = ImmutableSortedDictionary<string, string>.Empty.Add("romana.io/subnet", $"subnet-{host % Zones}"),
            })],
            Blocks = [.. worn ? Worn(groups, hosts) : Enumerable.Range(0, hosts).Select(host => Block(groups[host % Zones], host / Zones, host))],
            Tables = [.. Enumerable.Range(0, Zones).Select(Table)],
        });
    }

    private static string Name(int host) => $"host-{host:D5}";

    private static InventoryBlock Block(Group group, int slot, int host) => new(group.Cidr.Slice(26, (UInt128)slot), "pods", Name(host));

    private static IEnumerable<InventoryBlock> Worn(List<Group> groups, int hosts)
    {
        var random = new Random(7);
        for (var zone = 0; zone < Zones; zone++)
        {
            var mine = Enumerable.Range(0, hosts).Where(host => host % Zones == zone).ToList();
            var slots = Enumerable.Range(0, 1 << 15).ToArray().AsSpan(0, Math.Min(1 << 15, mine.Count * 5)).ToArray();
            random.Shuffle(slots);
            var next = 0;
            foreach (var host in mine)
            {
                for (var blocks = random.Next(1, 5); blocks > 0; blocks--) yield return Block(groups[zone], slots[next++], host);
            }
        }
    }

    private static InventoryTable Table(int zone) => new()
    {
        Id = $"rtb-{zone}",
        Subnets = [$"subnet-{zone}"],
        Routes =
        [
            new InventoryRoute { Destination = "10.0.0.0/16", Target = "local" },
            .. Enumerable.Range(0, 5).Select(other => new InventoryRoute { Destination = other == 0 ? "0.0.0.0/0" : $"192.168.{other}.0/24", Target = other == 0 ? "nat-1" : "tgw-1" }),
        ],
    };
}
