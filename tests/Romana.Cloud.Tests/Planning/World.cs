using System.Collections.Immutable;
using System.Globalization;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Planning;

/// <summary>Small topologies and inventories, written short.</summary>
internal static class World
{
    public const RoutingModes Announced = RoutingModes.BlockAnnounceVpc;

    public static Cidr C(string text) => Cidr.Parse(text);

    public static Group Leaf(string cidr, bool cover = false, string name = "", RoutingModes modes = Announced, string? subnet = null, string network = "pods") => new()
    {
        Network = network,
        Path = [],
        Name = name,
        Cidr = C(cidr),
        Kind = GroupKind.Hosts,
        Cover = cover,
        Modes = modes,
        Assignment = subnet is null
            ? ImmutableSortedDictionary<string, string>.Empty
            : ImmutableSortedDictionary<string, string>.Empty.Add("romana.io/subnet", subnet),
    };

    public static Network Net(string cidr, params Group[] leaves) => new()
    {
        Name = leaves.Length > 0 ? leaves[0].Network : "pods",
        Cidr = C(cidr),
        BlockMask = C(cidr).Family == IpFamily.IPv4 ? 26 : 120,
        Root = leaves.Length == 1 && leaves[0].Cidr == C(cidr) ? leaves[0] : new Group
        {
            Network = leaves.Length > 0 ? leaves[0].Network : "pods",
            Path = [],
            Name = "",
            Cidr = C(cidr),
            Kind = GroupKind.Groups,
            Groups = [.. leaves],
        },
    };

    public static Topology Of(params Network[] networks) => new() { Networks = [.. networks] };

    /// <summary>"h3" is at eni-3.</summary>
    public static InventoryHost Host(string name, string subnet = "subnet-a", HostHealth health = HostHealth.Up) => new()
    {
        Name = name,
        Ip = new IpAddress(IpFamily.IPv4, 0x0a000000u + uint.Parse(name[1..], CultureInfo.InvariantCulture)),
        Eni = $"eni-{name[1..]}",
        Subnet = subnet,
        Health = health,
        Labels = ImmutableSortedDictionary<string, string>.Empty.Add("romana.io/subnet", subnet),
    };

    public static InventoryBlock Block(string cidr, string host, string network = "pods") => new(C(cidr), network, host);

    public static InventoryTable Table(string id = "rtb-a", int quota = 50, params InventoryRoute[] routes) => new()
    {
        Id = id,
        Subnets = ["subnet-a", "subnet-b"],
        Quota = new TableQuota(quota, quota),
        Routes = [new InventoryRoute { Destination = "10.0.0.0/16", Target = "local" }, .. routes],
    };

    public static InventoryRoute Ours(string destination, string target) => new() { Destination = destination, Target = target, Owned = true };

    public static InventoryRoute Other(string destination, string target) => new() { Destination = destination, Target = target };

    public static Inventory Inventory(IEnumerable<InventoryHost> hosts, IEnumerable<InventoryBlock> blocks, params InventoryTable[] tables) => new()
    {
        Vpc = new InventoryVpc { Cidrs = [C("10.0.0.0/16")] },
        Subnets = [new InventorySubnet("subnet-a", "us-west-2a", C("10.0.0.0/20")), new InventorySubnet("subnet-b", "us-west-2b", C("10.0.16.0/20"))],
        Hosts = [.. hosts],
        Blocks = [.. blocks],
        Tables = [.. tables],
    };

    public static RoutePlan Plan(Topology topology, Inventory inventory, PlanOptions? options = null) =>
        RoutePlanner.Plan(topology, inventory, options ?? PlanOptions.Default);

    /// <summary>"10.244.0.0/26 > eni-1", in order.</summary>
    public static string[] Lines(TablePlan table) => [.. table.Routes.Select(route => $"{route.Destination} > {route.Target}")];

    /// <summary>"create 10.244.0.0/26 > eni-1", with "settle " before those that wait.</summary>
    public static string[] Lines(IEnumerable<RouteChange> changes) =>
        [.. changes.Select(change => $"{(change.AfterSettle ? "settle " : "")}{change.Op.ToString().ToLowerInvariant()} {change.Destination} > {change.Target}")];

    /// <summary>The inventory after the first <paramref name="calls"/> calls of a table; null = all of every table.</summary>
    public static Inventory Apply(Inventory inventory, IEnumerable<RouteChange> changes)
    {
        var byTable = changes.ToLookup(change => change.Table);
        return inventory with { Tables = [.. inventory.Tables.Select(table => byTable[table.Id].Aggregate(table, Apply))] };
    }

    public static InventoryTable Apply(InventoryTable table, RouteChange change)
    {
        var destination = change.Destination.ToString();
        var at = table.Routes.ToList().FindIndex(route => route.Destination == destination && !route.Propagated);
        var route = new InventoryRoute { Destination = destination, Target = change.Target, Owned = true };
        return change.Op switch
        {
            RouteOp.Create when at >= 0 => throw new InvalidOperationException($"RouteAlreadyExists {destination}"),
            RouteOp.Create => table with { Routes = table.Routes.Add(route) },
            _ when at < 0 => throw new InvalidOperationException($"InvalidRoute.NotFound {destination}"),
            RouteOp.Replace => table with { Routes = table.Routes.SetItem(at, route) },
            _ => table with { Routes = table.Routes.RemoveAt(at) },
        };
    }
}
