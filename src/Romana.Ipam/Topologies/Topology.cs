using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>A document after every rule was checked and every group got its slice. Immutable; compare by content of its document.</summary>
public sealed record Topology
{
    /// <summary>In document order, which is the order of allocation.</summary>
    public required ImmutableArray<Network> Networks { get; init; }

    public Network? Network(string name) => Networks.FirstOrDefault(network => network.Name == name);
}

public enum OwnerMode
{
    TenantSegment,
    Tenant,
    Host,
}

public enum Placement
{
    Sequential,
    Spread,
}

/// <summary>One CIDR for pods. Defaults and meaning of the keys: design, "Topology document".</summary>
public sealed record Network
{
    public required string Name { get; init; }
    public required Cidr Cidr { get; init; }

    /// <summary>Prefix length of its blocks; 29 (IPv4) or 120 (IPv6) when the document is silent.</summary>
    public required int BlockMask { get; init; }

    /// <summary>Tenants that may use it; empty = all.</summary>
    public ImmutableArray<string> Tenants { get; init; } = [];

    public OwnerMode Owner { get; init; }
    public Placement Placement { get; init; }
    public TimeSpan ReuseDelay { get; init; } = TimeSpan.FromSeconds(60);
    public int? Vlan { get; init; }
    public string? Interface { get; init; }
    public IpAddress? Gateway { get; init; }
    public ImmutableArray<Cidr> Reserved { get; init; } = [];

    /// <summary>"first-of-block", "dhcp" or a CIDR.</summary>
    public string? NodeAddresses { get; init; }

    /// <summary>"arp", "bgp" or "static".</summary>
    public string? Reach { get; init; }

    public Egress Egress { get; init; } = new();
    public int? Mtu { get; init; }

    /// <summary>Root group; null when no topology of the document maps the network (it then serves no host).</summary>
    public Group? Root { get; init; }

    public bool IsL2 => Vlan is not null || Interface is not null || Gateway is not null;

    /// <summary>Depth-first; padding left out.</summary>
    public IEnumerable<Group> Leaves => Root is null ? [] : Root.SelfAndBelow.Where(group => group.Kind == GroupKind.Hosts);
}

/// <param name="Snat">True: "node".</param>
/// <param name="ImdsDenied">True: "deny".</param>
public sealed record Egress(bool? Snat = null, ImmutableArray<Cidr> Native = default, bool? ImdsDenied = null);

public enum GroupKind
{
    /// <summary>A leaf that takes hosts.</summary>
    Hosts,

    /// <summary>Divided further.</summary>
    Groups,

    /// <summary>Fills a list up to a power of two; takes nobody.</summary>
    Padding,
}

/// <summary>The comma list of `routing`.</summary>
[Flags]
public enum RoutingModes
{
    None = 0,
    BlockHostRoutes = 1,
    BlockAnnounceVpc = 2,
    PrefixAnnounceVpc = 4,
    BlockAnnounceBgp = 8,
    PrefixAnnounceBgp = 16,
    VlanGateway = 32,
}

public sealed record ListedHost(string Name, IpAddress Ip);

public sealed record Group
{
    public required string Network { get; init; }

    /// <summary>Index at each level below the root; the root's is empty.</summary>
    public required ImmutableArray<int> Path { get; init; }

    /// <summary>Empty when the document gives none.</summary>
    public required string Name { get; init; }

    public required Cidr Cidr { get; init; }
    public required GroupKind Kind { get; init; }

    /// <summary>Nobody wrote it: the root over a `map` of several entries.</summary>
    public bool Implied { get; init; }

    /// <summary>Label -> value that a host must carry to enter.</summary>
    public ImmutableSortedDictionary<string, string> Assignment { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>`routing` as written; unknown words stay (old documents carry some) and mean nothing.</summary>
    public string Routing { get; init; } = "";

    /// <summary>Known words of <see cref="Routing"/>, inherited from the parent when the group is silent.</summary>
    public RoutingModes Modes { get; init; }

    /// <summary>`cover: always`, inherited.</summary>
    public bool Cover { get; init; }

    /// <summary>AWS target of a group elsewhere: "tgw-..." or "eni-...".</summary>
    public string? Via { get; init; }

    public int? Mtu { get; init; }
    public ImmutableArray<Group> Groups { get; init; } = [];
    public ImmutableArray<ListedHost> Hosts { get; init; } = [];

    public IEnumerable<Group> SelfAndBelow => Groups.SelectMany(group => group.SelfAndBelow).Prepend(this);
}
