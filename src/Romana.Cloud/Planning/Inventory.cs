using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>Everything the route planner looks at besides the topology; its JSON is the planner's inventory file.</summary>
public sealed record Inventory
{
    public required InventoryVpc Vpc { get; init; }
    public ImmutableArray<InventorySubnet> Subnets { get; init; } = [];
    public ImmutableArray<InventoryTable> Tables { get; init; } = [];
    public ImmutableArray<InventoryHost> Hosts { get; init; } = [];

    /// <summary>Left out in a file: each host is bound to its group and given blocks by the allocator.</summary>
    public ImmutableArray<InventoryBlock>? Blocks { get; init; }
}

public sealed record InventoryVpc
{
    public string? Id { get; init; }
    public ImmutableArray<Cidr> Cidrs { get; init; } = [];
}

/// <param name="Zone">Availability zone name, "us-west-2a".</param>
public sealed record InventorySubnet(string Id, string Zone, Cidr Cidr);

public sealed record InventoryTable
{
    public required string Id { get; init; }

    /// <summary>Subnets that use the table, by explicit association or because it is the main table.</summary>
    public ImmutableArray<string> Subnets { get; init; } = [];

    public bool Main { get; init; }
    public TableQuota Quota { get; init; } = new();
    public ImmutableArray<InventoryRoute> Routes { get; init; } = [];
}

/// <summary>Routes that a table may hold, each family apart (EC2 quota L-93826ACB).</summary>
public sealed record TableQuota(int Ipv4 = TableQuota.Usual, int Ipv6 = TableQuota.Usual)
{
    /// <summary>AWS's default since June 2025.</summary>
    public const int Usual = 500;

    public int Of(IpFamily family) => family == IpFamily.IPv4 ? Ipv4 : Ipv6;
}

public enum RouteState
{
    Active,
    Blackhole,
}

/// <summary>A route as EC2 shows it.</summary>
public sealed record InventoryRoute
{
    /// <summary>CIDR text, or the id of a prefix list ("pl-...").</summary>
    public required string Destination { get; init; }

    /// <summary>"local", "eni-...", "nat-...", "tgw-..." and so on.</summary>
    public required string Target { get; init; }

    /// <summary>Held by our ledger.</summary>
    public bool Owned { get; init; }

    public RouteState State { get; init; }

    /// <summary>Set by a virtual private gateway; does not count against the quota of static routes.</summary>
    public bool Propagated { get; init; }

    /// <summary>Of a prefix list; null = not known, then it counts in both families.</summary>
    public IpFamily? Family { get; init; }

    /// <summary>Entries that count against the quota: 1, or a prefix list's maximum.</summary>
    public int Weight { get; init; } = 1;
}

public enum HostHealth
{
    Up,
    Suspect,
    Down,
    Draining,
}

public sealed record InventoryHost
{
    public required string Name { get; init; }
    public required IpAddress Ip { get; init; }

    /// <summary>Pod interface: the route target.</summary>
    public required string Eni { get; init; }

    /// <summary>Link of the pod interface.</summary>
    public required string Subnet { get; init; }

    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    public HostHealth Health { get; init; }

    /// <summary>Network -> CIDR of the leaf group it is bound to; where silent, its blocks tell, else its labels.</summary>
    public ImmutableSortedDictionary<string, Cidr> Groups { get; init; } = ImmutableSortedDictionary<string, Cidr>.Empty;

    /// <summary>Spot instances lead only where nobody else can.</summary>
    public bool Spot { get; init; }

    /// <summary>Baseline bandwidth in Gbit/s, for balance; null = unknown, taken as equal.</summary>
    public double? Bandwidth { get; init; }
}

/// <param name="Host">Name of the holder.</param>
public sealed record InventoryBlock(Cidr Cidr, string Network, string Host);
