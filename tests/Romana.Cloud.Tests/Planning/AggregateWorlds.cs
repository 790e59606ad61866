using System.Collections.Immutable;
using CsCheck;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Planning;

/// <summary>
/// Random small worlds with too few routes: one to three groups of 16 or 32 addresses in subnets of their own or shared,
/// one to three tables with quotas from 1 up, blocks of 1 to 16 addresses, in either family.
/// </summary>
internal static class AggregateWorlds
{
    private const int HostsPerGroup = 4;

    public static readonly Gen<SmallWorld> Any = From(bits: Gen.Int[4, 5], Gen.Int[1, 3], blocks: 12, Gen.Frequency((1, Gen.Int[1, 4]), (5, Gen.Int[4, 12])), Gen.Int[1, 3]);

    /// <summary>So small that every set of routes can be tried.</summary>
    public static readonly Gen<SmallWorld> Tiny = From(bits: Gen.Const(3), Gen.Const(1), blocks: 5, Gen.Int[2, 5], Gen.Const(1));

    private static Gen<SmallWorld> From(Gen<int> bits, Gen<int> groups, int blocks, Gen<int> quotas, Gen<int> tables) =>
        from six in Gen.Bool
        from groupBits in bits
        from groupCount in groups
        from duties in Gen.Frequency((3, Gen.Const(0)), (4, Gen.Const(1)), (1, Gen.Const(2))).Array[groupCount]
        from subnets in Gen.Int[0, 2].Array[groupCount]
        from strays in Gen.Frequency((60, Gen.Const(false)), (1, Gen.Const(true))).Array[groupCount * HostsPerGroup]
        from health in Gen.Frequency((12, Gen.Const(HostHealth.Up)), (1, Gen.Const(HostHealth.Down)), (1, Gen.Const(HostHealth.Draining)), (1, Gen.Const(HostHealth.Suspect)))
            .Array[groupCount * HostsPerGroup]
        from spots in Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true))).Array[groupCount * HostsPerGroup]
        from drawn in Gen.Select(Gen.Int[0, groupCount - 1], Gen.Int[0, groupBits - 1], Gen.Int[0, 31], Gen.Int[0, HostsPerGroup - 1], Gen.Int[0, 59]).Array[blocks / 3, blocks]
        from tableCount in tables
        from quota in quotas.Array[tableCount]
        from uses in Gen.Int[0, 7].Array[tableCount]
        from theirs in Routes(groupCount, groupBits, Gen.Frequency((2, Gen.Const(0)), (1, Gen.Int[1, 3]))).Array[tableCount]
        from ours in Routes(groupCount, groupBits, Gen.Frequency((2, Gen.Const(0)), (1, Gen.Int[1, 6]))).Array[tableCount]
        let shape = new Shape(six, groupBits, subnets)
        let granted = shape.Blocks(drawn).ToList()
        select new SmallWorld(
            World.Of(World.Net(shape.Network.ToString(), [.. duties.Select((duty, index) => shape.Leaf(index, duty))])),
            World.Inventory(
                Enumerable.Range(0, groupCount * HostsPerGroup).Select(index => shape.Host(index, strays[index], health[index], spots[index])),
                granted,
                [.. Enumerable.Range(0, tableCount).Select(index => shape.Table(index, quota[index], uses[index], theirs[index], ours[index], granted))]));

    private static Gen<(int Group, int Bits, int At, int Host)[]> Routes(int groups, int bits, Gen<int> count) =>
        from n in count
        from drawn in Gen.Select(Gen.Int[0, groups - 1], Gen.Int[0, bits], Gen.Int[0, 31], Gen.Int[0, HostsPerGroup]).Array[n]
        select drawn;

    private sealed record Shape(bool Six, int Bits, int[] Subnets)
    {
        private static readonly string[] Names = ["subnet-a", "subnet-b", "subnet-c"];

        public Cidr Network => World.C(Six ? "fd00:1::/64" : "10.244.0.0/16");

        private Cidr Group(int index) => Network.Slice(Network.Family.Width() - Bits, (UInt128)index);

        public Group Leaf(int index, int duty) => World.Leaf(
            Group(index).ToString(), cover: duty == 1, $"g{index}", duty == 2 ? RoutingModes.PrefixAnnounceVpc : World.Announced);

        public InventoryHost Host(int index, bool stray, HostHealth health, bool spot) =>
            World.Host($"h{index + 1}", Names[(Subnets[index / HostsPerGroup] + (stray ? 1 : 0)) % 3], health) with
            {
                Spot = spot,
                Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", Group(index / HostsPerGroup)),
            };

        /// <summary>Now and then a block is a host's that is bound to another group.</summary>
        public IEnumerable<InventoryBlock> Blocks((int Group, int Bits, int At, int Host, int Elsewhere)[] drawn)
        {
            var taken = new List<Cidr>();
            foreach (var (group, bits, at, host, elsewhere) in drawn)
            {
                var cidr = Cidr.Around(Group(group).First.Plus((UInt128)at % (UInt128)(1 << Bits)), Network.Family.Width() - bits);
                if (taken.Exists(cidr.Overlaps)) continue;
                taken.Add(cidr);
                var holder = elsewhere == 0 ? (group + 1) % Subnets.Length : group;
                yield return new InventoryBlock(cidr, "pods", $"h{(holder * HostsPerGroup) + host + 1}");
            }
        }

        /// <summary>No route of ours stands inside a block: none is ever written there.</summary>
        public InventoryTable Table(int index, int quota, int uses, (int Group, int Bits, int At, int Host)[] theirs, (int Group, int Bits, int At, int Host)[] ours, List<InventoryBlock> granted)
        {
            var foreign = theirs.Select(route => World.Other(Place(route), route.Host == 0 ? "tgw-1" : Eni(route))).DistinctBy(route => route.Destination).ToList();
            var own = ours.Select(route => World.Ours(Place(route), Eni(route))).DistinctBy(route => route.Destination)
                .Where(route => !foreign.Exists(other => other.Destination == route.Destination)
                    && !granted.Exists(block => block.Cidr != World.C(route.Destination) && block.Cidr.Contains(World.C(route.Destination))));
            return World.Table($"rtb-{index}", quota, [World.Other("0.0.0.0/0", "nat-1"), World.Other("::/0", "eigw-1"), .. foreign, .. own]) with
            {
                Subnets = [.. Names.Where((_, at) => uses == 7 || at == uses % 3)],
                Main = uses == 6,
            };
        }

        private string Place((int Group, int Bits, int At, int Host) route) =>
            Cidr.Around(Group(route.Group).First.Plus((UInt128)route.At % (UInt128)(1 << Bits)), Network.Family.Width() - route.Bits).ToString();

        private static string Eni((int Group, int Bits, int At, int Host) route) => $"eni-{(route.Group * HostsPerGroup) + Math.Max(1, route.Host)}";
    }
}
