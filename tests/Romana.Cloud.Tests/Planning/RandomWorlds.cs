using System.Collections.Immutable;
using CsCheck;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Planning;

/// <summary>A small world: groups of 32 addresses with blocks of 2 to 16, in either family.</summary>
internal sealed record SmallWorld(Topology Topology, Inventory Inventory)
{
    public IEnumerable<Group> Leaves => Topology.Networks.SelectMany(network => network.Leaves);

    public InventoryHost? Named(string name) => Inventory.Hosts.FirstOrDefault(host => host.Name == name);

    public override string ToString() =>
        $"groups {string.Join(' ', Leaves.Select(leaf => $"{leaf.Cidr}{(leaf.Cover ? "+cover" : "")}"))}\n"
        + $"hosts {string.Join(' ', Inventory.Hosts.Select(host => $"{host.Name}/{host.Subnet}/{host.Health}{(host.Spot ? "/spot" : "")}"))}\n"
        + $"blocks {string.Join(' ', Inventory.Blocks!.Value.Select(block => $"{block.Cidr}>{block.Host}"))}\n"
        + string.Join('\n', Inventory.Tables.Select(table => $"{table.Id} quota {table.Quota.Ipv4}: "
            + string.Join(' ', table.Routes.Select(route => $"{route.Destination}>{route.Target}{(route.Owned ? "*" : "")}"))));
}

/// <summary>Random small worlds. Hosts h1 to h4 sit in the first group, h5 to h8 in the second, and so on.</summary>
internal static class RandomWorlds
{
    private const int GroupBits = 5;
    private const int HostsPerGroup = 4;

    public static readonly Gen<SmallWorld> Any = From(Gen.Bool, Gen.Const(500), Gen.Int[0, 4], Gen.Int[1, 4]);

    /// <summary>With routes of ours from anywhere and quotas from too small to ample.</summary>
    public static readonly Gen<SmallWorld> Tight = From(Gen.Bool, Gen.Int[1, 24], Gen.Int[0, 2], Gen.Int[1, 3]);

    /// <summary>Same family and groups as another world, all else anew.</summary>
    public static Gen<SmallWorld> Like(SmallWorld other) => From(
        Gen.Const(other.Leaves.First().Cidr.Family == IpFamily.IPv6), Gen.OneOf(Gen.Const(other.Inventory.Tables[0].Quota.Ipv4), Gen.Int[1, 24]),
        Gen.Int[0, 0], Gen.Const(other.Leaves.Count()));

    private static Gen<SmallWorld> From(Gen<bool> sixes, Gen<int> quotas, Gen<int> foreigns, Gen<int> groupCounts) =>
        from six in sixes
        from groupCount in groupCounts
        from covers in Gen.Bool.Array[groupCount]
        from split in Gen.Int[0, 5]
        from health in Gen.Frequency((6, Gen.Const(HostHealth.Up)), (1, Gen.Const(HostHealth.Down)), (1, Gen.Const(HostHealth.Draining)), (1, Gen.Const(HostHealth.Suspect)))
            .Array[groupCount * HostsPerGroup]
        from spots in Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true))).Array[groupCount * HostsPerGroup]
        from blocks in Gen.Select(Gen.Int[0, groupCount - 1], Gen.Int[1, 4], Gen.Int[0, 31], Gen.Int[1, HostsPerGroup]).Array[0, 12]
        from foreign in Gen.Bool
        from foreignCount in foreigns
        from foreignRoutes in Gen.Select(Gen.Int[0, groupCount - 1], Gen.Int[0, 5], Gen.Int[0, 31], Gen.Int[0, 5]).Array[foreign ? foreignCount : 0]
        from quota in quotas
        let shape = new Shape(six, groupCount)
        select new SmallWorld(
            shape.Topology(covers),
            World.Inventory(
                Enumerable.Range(0, groupCount * HostsPerGroup).Select(index => shape.Host(index, split, health[index], spots[index])),
                shape.Blocks(blocks),
                World.Table("rtb-a", quota, [World.Other("0.0.0.0/0", "nat-1"), World.Other("::/0", "eigw-1"), .. shape.Foreign(foreignRoutes)])));

    private sealed record Shape(bool Six, int Groups)
    {
        private Cidr Network => World.C(Six ? "fd00:1::/64" : "10.244.0.0/16");

        private Cidr Group(int index) => Network.Slice(Network.Family.Width() - GroupBits, (UInt128)index);

        public Topology Topology(bool[] covers) => World.Of(World.Net(
            Network.ToString(), [.. covers.Select((cover, index) => World.Leaf(Group(index).ToString(), cover, $"g{index}"))]));

        /// <summary>One group in six has a host on another link.</summary>
        public InventoryHost Host(int index, int split, HostHealth health, bool spot)
        {
            var group = index / HostsPerGroup;
            var stray = group == split && index % HostsPerGroup == 0;
            return World.Host($"h{index + 1}", stray ? "subnet-b" : "subnet-a", health) with
            {
                Spot = spot,
                Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", Group(group)),
            };
        }

        /// <summary>Those that overlap an earlier one are left out.</summary>
        public IEnumerable<InventoryBlock> Blocks((int Group, int Bits, int At, int Host)[] drawn)
        {
            var taken = new List<Cidr>();
            foreach (var (group, bits, at, host) in drawn)
            {
                var cidr = Cidr.Around(Group(group).First.Plus((UInt128)at), Network.Family.Width() - bits);
                if (taken.Exists(cidr.Overlaps)) continue;
                taken.Add(cidr);
                yield return new InventoryBlock(cidr, "pods", $"h{(group * HostsPerGroup) + host}");
            }
        }

        public IEnumerable<InventoryRoute> Foreign((int Group, int Bits, int At, int Host)[] drawn) => drawn
            .Select(one => World.Other(
                Cidr.Around(Group(one.Group).First.Plus((UInt128)one.At), Network.Family.Width() - one.Bits).ToString(),
                one.Host == 0 ? "tgw-1" : $"eni-{(one.Group * HostsPerGroup) + one.Host}"))
            .DistinctBy(route => route.Destination);
    }
}
