using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Ec2;

public enum TableLayout
{
    /// <summary>The first subnet of each zone is public and uses the main table; the others use their zone's table.</summary>
    PerZone,

    /// <summary>Each subnet has its own table; the main one serves nobody.</summary>
    PerSubnet,

    /// <summary>The main table serves everybody.</summary>
    MainOnly,
}

public enum ForeignRoutes
{
    None,

    /// <summary>What most VPCs hold: a NAT gateway per zone, an internet gateway in the main table, an S3 endpoint.</summary>
    Usual,

    /// <summary>Every kind there is, one of each, in every table.</summary>
    Every,
}

/// <summary>A VPC to begin with. The same scenario always makes the same ids and addresses.</summary>
public sealed record VpcScenario(int Zones = 3, int SubnetsPerZone = 2, int Hosts = 12)
{
    public string Region { get; init; } = "us-west-2";
    public Cidr VpcCidr { get; init; } = Cidr.Parse("10.0.0.0/16");

    /// <summary>Further CIDRs of the VPC, without subnets.</summary>
    public ImmutableArray<Cidr> MoreCidrs { get; init; } = [];

    /// <summary>A /56 or so; each subnet gets a /64 of it and each interface an address.</summary>
    public Cidr? Ipv6Cidr { get; init; }

    /// <summary>Value of the tag romana.io/cluster on instances, and on tables where <see cref="TagTables"/>; null = no tag.</summary>
    public string? Cluster { get; init; } = "default";

    public bool TagTables { get; init; }
    public TableLayout Layout { get; init; }
    public ForeignRoutes Foreign { get; init; } = ForeignRoutes.Usual;

    /// <summary>Interfaces of each host.</summary>
    public int InterfacesPerHost { get; init; } = 1;

    /// <summary>Secondary private addresses on each host's first interface.</summary>
    public int SecondariesPerHost { get; init; }

    /// <summary>Every n-th host is a spot instance; 0 = none.</summary>
    public int SpotEvery { get; init; }

    public bool SourceDestCheck { get; init; } = true;

    /// <summary>Pod CIDRs that security groups let in; without any, pods' traffic is dropped by them.</summary>
    public ImmutableArray<Cidr> AllowedPodCidrs { get; init; } = [];

    public Behaviour Behaviour { get; init; } = new();

    /// <summary>Name of the n-th host, from 1: "host-7".</summary>
    public static string HostName(int number) => $"host-{number}";

    public string ZoneName(int zone) => $"{Region}{(char)('a' + zone)}";

    /// <param name="now">Launch time of the instances.</param>
    public AccountState Build(DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Zones, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Zones, 26);
        ArgumentOutOfRangeException.ThrowIfLessThan(SubnetsPerZone, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(Hosts);
        return new ScenarioBuilder(this, now).Build();
    }
}
