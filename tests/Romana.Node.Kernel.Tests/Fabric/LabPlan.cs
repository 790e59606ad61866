using System.Collections.Immutable;
using System.Globalization;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <summary>
/// The world of the lab in numbers: three subnets, two of them in one zone; a group for each subnet, in both families; one
/// block and one pod for each host; and the VPC's tables as the controller plans them.
/// </summary>
internal static class LabPlan
{
    public static readonly Cidr Pods4 = Cidr.Parse("100.64.0.0/16"), Pods6 = Cidr.Parse("fd64::/96");

    public static readonly ImmutableArray<string> Hosts = ["h1", "h2", "h3", "h4", "h5", "h6"];

    /// <summary>h1 to h3 are on one link, h4 and h5 on another in the same zone, h6 in another zone.</summary>
    public static int Subnet(string host) => Number(host) switch { <= 3 => 1, <= 5 => 2, _ => 3 };

    public static IEnumerable<string> Neighbours(string host) => Hosts.Where(other => other != host && Subnet(other) == Subnet(host));

    public static IpAddress Address(string host, IpFamily family) => IpAddress.Parse(family == IpFamily.IPv4
        ? $"10.0.{Subnet(host)}.1{Number(host)}" : $"2001:db8:1:{Subnet(host)}::1{Number(host)}");

    public static IpAddress Gateway(int subnet, IpFamily family) =>
        IpAddress.Parse(family == IpFamily.IPv4 ? $"10.0.{subnet}.1" : $"2001:db8:1:{subnet}::1");

    public static Cidr Group(int subnet, IpFamily family) => family == IpFamily.IPv4
        ? Cidr.Parse($"100.64.{subnet switch { 1 => 0, 2 => 16, _ => 128 }}.0/20") : Cidr.Parse($"fd64::{subnet}:0/112");

    /// <summary>The nth of the group, a /26 or a /122; the hosts have the first ones.</summary>
    public static Cidr Block(int subnet, int index, IpFamily family) =>
        Group(subnet, family).Slice(family == IpFamily.IPv4 ? 26 : 122, (UInt128)index);

    public static Cidr Block(string host, IpFamily family) => Block(Subnet(host), Number(host) - Subnet(host) switch { 1 => 1, 2 => 4, _ => 6 }, family);

    /// <summary>Address 2 of the host's block; the second pod's is 3.</summary>
    public static IpAddress Pod(string host, IpFamily family, int index = 2) => Block(host, family).First.Plus((UInt128)index);

    /// <param name="quota">Routes of a table; null: as many as exact routes take.</param>
    public static RoutePlan Routes(int? quota)
    {
        var inventory = new Inventory
        {
            Vpc = new InventoryVpc { Cidrs = [Cidr.Parse("10.0.0.0/16"), Cidr.Parse("2001:db8:1::/48")] },
            Subnets = [.. new[] { 1, 2, 3 }.Select(subnet => new InventorySubnet($"subnet-{subnet}", subnet == 3 ? "zone-b" : "zone-a", Cidr.Parse($"10.0.{subnet}.0/24")))],
            Hosts = [.. Hosts.Select(Host)],
            Blocks = [.. from host in Hosts from family in Families select new InventoryBlock(Block(host, family), Network(family), host)],
            Tables = [.. new[] { 1, 2, 3 }.Select(subnet => Table($"rtb-{subnet}", quota) with { Subnets = [$"subnet-{subnet}"] }), Table("rtb-4", quota) with { Main = true }],
        };
        return RoutePlanner.Plan(new Topology { Networks = [.. Families.Select(NetworkOf)] }, inventory, PlanOptions.Default);
    }

    public static readonly ImmutableArray<IpFamily> Families = [IpFamily.IPv4, IpFamily.IPv6];

    public static int Number(string host) => int.Parse(host.AsSpan(1), CultureInfo.InvariantCulture);

    private static string Network(IpFamily family) => family == IpFamily.IPv4 ? "pods" : "pods6";

    private static InventoryTable Table(string id, int? quota) => new()
    {
        Id = id,
        Quota = quota is { } limit ? new TableQuota(limit, limit) : new TableQuota(),
        Routes = [new InventoryRoute { Destination = "10.0.0.0/16", Target = "local" }, new InventoryRoute { Destination = "2001:db8:1::/48", Target = "local" }],
    };

    private static InventoryHost Host(string name) => new()
    {
        Name = name,
        Ip = Address(name, IpFamily.IPv4),
        Eni = $"eni-{name}",
        Subnet = $"subnet-{Subnet(name)}",
        Labels = ImmutableSortedDictionary<string, string>.Empty.Add("romana.io/subnet", $"subnet-{Subnet(name)}"),
    };

    private static Network NetworkOf(IpFamily family) => new()
    {
        Name = Network(family),
        Cidr = family == IpFamily.IPv4 ? Pods4 : Pods6,
        BlockMask = family == IpFamily.IPv4 ? 26 : 122,
        Root = new Group
        {
            Network = Network(family),
            Path = [],
            Name = "",
            Cidr = family == IpFamily.IPv4 ? Pods4 : Pods6,
            Kind = GroupKind.Groups,
            Groups = [.. new[] { 1, 2, 3 }.Select((subnet, index) => new Group
            {
                Network = Network(family),
                Path = [index],
                Name = $"subnet-{subnet}",
                Cidr = Group(subnet, family),
                Kind = GroupKind.Hosts,
                Cover = true,
                Modes = RoutingModes.BlockAnnounceVpc,
                Assignment = ImmutableSortedDictionary<string, string>.Empty.Add("romana.io/subnet", $"subnet-{subnet}"),
            })],
        },
    };
}
