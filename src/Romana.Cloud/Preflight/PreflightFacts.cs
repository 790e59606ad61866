using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Preflight;

/// <param name="Why">EC2's code, or what kept it from answering.</param>
/// <param name="Denied">The role may not; else a passing fault, or an endpoint that does not know the action.</param>
public sealed record Unread(string Why, bool Denied);

/// <summary>Everything that the checks look at. What could not be read is in <see cref="Unread"/> and its list is null.</summary>
public sealed record PreflightFacts
{
    public required string Cluster { get; init; }
    public required InventoryVpc Vpc { get; init; }

    /// <summary>Networks of the topology; null: no topology is known.</summary>
    public ImmutableArray<PodNetwork>? PodNetworks { get; init; }

    /// <summary>The managed ones.</summary>
    public ImmutableArray<TableFacts> Tables { get; init; } = [];

    public ImmutableArray<LeftOutFacts> LeftOut { get; init; } = [];

    /// <summary>The pod interface of each host.</summary>
    public ImmutableArray<InterfaceFacts> Interfaces { get; init; } = [];

    /// <summary>Hosts without a usable interface, one line each with the remedy.</summary>
    public ImmutableArray<string> HostProblems { get; init; } = [];

    public ImmutableArray<SecurityGroupFacts>? SecurityGroups { get; init; }
    public ImmutableArray<AclFacts>? Acls { get; init; }
    public ImmutableArray<PeeringFacts>? Peerings { get; init; }

    /// <summary>What Service Quotas said, on which the tables' quotas rest; null: not asked, --limit says it.</summary>
    public RouteQuota? Quota { get; init; }

    /// <summary>The store's ledger by table; empty when there is no store yet.</summary>
    public ImmutableDictionary<string, ImmutableArray<LedgerEntry>> Ledger { get; init; } = ImmutableDictionary<string, ImmutableArray<LedgerEntry>>.Empty;

    /// <summary>How the controller is going to ask hosts whether they live; null: not asked here.</summary>
    public Health.Probing.ProbeChoice? Probe { get; init; }

    /// <summary>By EC2 action.</summary>
    public ImmutableSortedDictionary<string, Unread> Unread { get; init; } = ImmutableSortedDictionary<string, Unread>.Empty;
}

/// <param name="Covers">Groups that get a cover route.</param>
public sealed record PodNetwork(string Name, Cidr Cidr, int Covers);

/// <param name="Permissions">EC2 action -> what its DryRun answered.</param>
public sealed record TableFacts(InventoryTable Table, string? ClusterTag, ImmutableSortedDictionary<string, Permission> Permissions);

public sealed record LeftOutFacts(string Id, ImmutableArray<string> Subnets, string Why);

/// <summary>The answer to a DryRun.</summary>
public enum Permission
{
    Allowed,
    Denied,

    /// <summary>EC2 answered something else.</summary>
    Unclear,

    /// <summary>There were too many to ask for each.</summary>
    NotAsked,
}

public sealed record InterfaceFacts
{
    public required string Id { get; init; }
    public required string Host { get; init; }
    public required string Subnet { get; init; }
    public bool SourceDestCheck { get; init; }
    public ImmutableArray<string> SecurityGroups { get; init; } = [];

    /// <summary>Of ModifyNetworkInterfaceAttribute.</summary>
    public Permission MayModify { get; init; }
}

/// <summary>One rule; protocol "-1" = all, else "tcp", "udp", "icmp", "icmpv6" or a number.</summary>
/// <param name="Ports">"443", "0-65535"; null for all or where ports mean nothing.</param>
public sealed record RuleFacts(string Protocol, string? Ports)
{
    public ImmutableArray<Cidr> Cidrs { get; init; } = [];

    /// <summary>Security groups and prefix lists that the rule names instead of CIDRs.</summary>
    public ImmutableArray<string> Others { get; init; } = [];

    public bool IsAll => Protocol == "-1";

    public override string ToString() => IsAll ? "all traffic" : Ports is null ? Protocol : $"{Protocol} {Ports}";
}

public sealed record SecurityGroupFacts(string Id, ImmutableArray<RuleFacts> Ingress, ImmutableArray<RuleFacts> Egress);

public sealed record AclRule(int Number, bool Egress, bool Allow, string Protocol, string? Ports, Cidr Cidr)
{
    public bool IsAll => Protocol == "-1";
}

public sealed record AclFacts(string Id, ImmutableArray<string> Subnets, ImmutableArray<AclRule> Rules);

/// <param name="Cidrs">Of the other side.</param>
public sealed record PeeringFacts(string Id, string OtherVpc, ImmutableArray<Cidr> Cidrs);
