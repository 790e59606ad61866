using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Ec2;

/// <param name="Cidrs">Both families; the first IPv4 one is the primary.</param>
public sealed record Vpc(string Id, ImmutableArray<Cidr> Cidrs)
{
    public ImmutableSortedDictionary<string, string> Tags { get; init; } = NoTags.Value;
}

/// <param name="Zone">Availability zone name, "us-west-2a".</param>
public sealed record Subnet(string Id, string VpcId, string Zone, Cidr Cidr)
{
    public Cidr? Ipv6Cidr { get; init; }

    /// <summary>Where the search for the next free address begins, counted from the subnet's first address.</summary>
    public int NextOffset { get; init; } = InstanceRules.FirstOffset;

    /// <summary>Addresses that were asked for by name; the search passes them over.</summary>
    public ImmutableHashSet<IpAddress> AskedFor { get; init; } = [];

    public ImmutableSortedDictionary<string, string> Tags { get; init; } = NoTags.Value;
}

/// <summary>States of an EC2 instance with their wire codes.</summary>
public enum InstanceState
{
    Pending = 0,
    Running = 16,
    ShuttingDown = 32,
    Terminated = 48,
    Stopping = 64,
    Stopped = 80,
}

public sealed record Instance
{
    public required string Id { get; init; }
    public required string VpcId { get; init; }
    public required string SubnetId { get; init; }
    public required string Zone { get; init; }
    public required InstanceState State { get; init; }
    public string Type { get; init; } = "m6i.xlarge";

    /// <summary>Bought on the spot market (instanceLifecycle = spot).</summary>
    public bool Spot { get; init; }

    public required DateTimeOffset LaunchedAt { get; init; }
    public DateTimeOffset? TerminatedAt { get; init; }

    /// <summary>Result of both status checks: "ok", "impaired", "insufficient-data", "initializing".</summary>
    public string Health { get; init; } = "ok";

    /// <summary>What AWS is going to do to it.</summary>
    public ImmutableArray<ScheduledEvent> Events { get; init; } = [];

    /// <summary>Status code of its spot request: "fulfilled", "marked-for-termination".</summary>
    public string SpotStatus { get; init; } = "fulfilled";

    /// <summary>Ids of its interfaces by device index.</summary>
    public ImmutableArray<string> Interfaces { get; init; } = [];

    public ImmutableSortedDictionary<string, string> Tags { get; init; } = NoTags.Value;

    /// <summary>The Name tag, else the id.</summary>
    public string Name => Tags.GetValueOrDefault("Name", Id);
}

/// <param name="Code">"instance-retirement", "system-reboot" and so on.</param>
/// <param name="Description">Begins with "[Completed]" or "[Canceled]" when it is over.</param>
public sealed record ScheduledEvent(string Id, string Code, string Description, DateTimeOffset NotBefore);

/// <param name="DeviceIndex">0 is the interface that the instance was launched with.</param>
public sealed record Attachment(string Id, string InstanceId, int DeviceIndex);

public sealed record NetworkInterface
{
    public required string Id { get; init; }
    public required string VpcId { get; init; }
    public required string SubnetId { get; init; }
    public required string Zone { get; init; }

    /// <summary>Primary private IPv4 address.</summary>
    public required IpAddress Address { get; init; }

    public ImmutableArray<IpAddress> Secondaries { get; init; } = [];
    public ImmutableArray<IpAddress> Ipv6Addresses { get; init; } = [];

    /// <summary>While it is on, packets from or to addresses that are not the interface's own are dropped.</summary>
    public bool SourceDestCheck { get; init; } = true;

    public Attachment? Attachment { get; init; }
    public required string Mac { get; init; }
    public string Description { get; init; } = "";
    public ImmutableArray<string> Groups { get; init; } = [];
    public ImmutableSortedDictionary<string, string> Tags { get; init; } = NoTags.Value;

    public bool Has(IpAddress address) =>
        Address == address || Secondaries.Contains(address) || Ipv6Addresses.Contains(address);
}

/// <summary>An internet, NAT, transit, virtual private or egress-only gateway, a VPC endpoint: something routes may point to.</summary>
public sealed record Gateway(string Id, string VpcId);

public sealed record Peering(string Id, string RequesterVpcId, string AccepterVpcId, ImmutableArray<Cidr> AccepterCidrs);

/// <param name="Owner">"AWS" for a list that AWS keeps; it counts against a table's quota by its weight.</param>
/// <param name="MaxEntries">What a customer's list counts against a table's quota, whatever it holds.</param>
public sealed record PrefixList(string Id, string Name, string Owner, int MaxEntries, ImmutableArray<Cidr> Entries)
{
    public IpFamily Family { get; init; } = IpFamily.IPv4;
}

/// <param name="Protocol">"-1" for every protocol, else "tcp", "udp", "icmp", "icmpv6" or a number.</param>
/// <param name="Sources">CIDRs, both families.</param>
/// <param name="SourceGroups">Ids of security groups; they match interface addresses, never pod addresses.</param>
public sealed record Permission(
    string Protocol, int? FromPort, int? ToPort, ImmutableArray<Cidr> Sources, ImmutableArray<string> SourceGroups);

public sealed record SecurityGroup(
    string Id, string Name, string VpcId, ImmutableArray<Permission> Ingress, ImmutableArray<Permission> Egress)
{
    public ImmutableSortedDictionary<string, string> Tags { get; init; } = NoTags.Value;
}

/// <param name="Number">Evaluated lowest first; 32767 is the closing "deny all".</param>
public sealed record AclEntry(int Number, bool Egress, bool Allow, string Protocol, Cidr Cidr);

public sealed record NetworkAcl(
    string Id, string VpcId, bool IsDefault, ImmutableArray<AclEntry> Entries, ImmutableArray<string> Subnets)
{
    public ImmutableSortedDictionary<string, string> Tags { get; init; } = NoTags.Value;
}

internal static class NoTags
{
    public static readonly ImmutableSortedDictionary<string, string> Value =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
}
