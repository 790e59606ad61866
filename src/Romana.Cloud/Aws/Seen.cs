using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Aws;

/// <summary>A network interface as EC2 shows it.</summary>
public sealed record SeenInterface
{
    public required string Id { get; init; }
    public required string Subnet { get; init; }

    /// <summary>Null where EC2 shows the interface as part of an instance.</summary>
    public string? Zone { get; init; }

    public string? Mac { get; init; }

    /// <summary>Of its attachment; -1 when it is not attached.</summary>
    public int DeviceIndex { get; init; } = -1;

    public string? InstanceId { get; init; }
    public bool SourceDestCheck { get; init; }

    /// <summary>Both families; the primary IPv4 address first.</summary>
    public ImmutableArray<IpAddress> Addresses { get; init; } = [];

    public ImmutableSortedDictionary<string, string> Tags { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>An instance as EC2 shows it.</summary>
public sealed record SeenInstance
{
    public required string Id { get; init; }

    /// <summary>pending, running, shutting-down, terminated, stopping, stopped.</summary>
    public required string State { get; init; }

    public string? Zone { get; init; }
    public string? Vpc { get; init; }
    public string? PrivateDnsName { get; init; }
    public bool Spot { get; init; }
    public ImmutableSortedDictionary<string, string> Tags { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    public ImmutableArray<SeenInterface> Interfaces { get; init; } = [];
}

/// <summary>A prefix list as EC2 shows it.</summary>
public sealed record SeenPrefixList
{
    public required string Id { get; init; }
    public string Name { get; init; } = "";

    /// <summary>Kept by AWS: it counts by a weight that EC2's API does not tell.</summary>
    public bool ByAws { get; init; }

    /// <summary>What a customer's list counts against a table's quota, however few entries it holds.</summary>
    public int? MaxEntries { get; init; }

    public IpFamily? Family { get; init; }
}

/// <summary>A route table as EC2 shows it.</summary>
public sealed record SeenTable
{
    public required string Id { get; init; }
    public bool Main { get; init; }

    /// <summary>Explicit associations only.</summary>
    public ImmutableArray<string> Subnets { get; init; } = [];

    public ImmutableSortedDictionary<string, string> Tags { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    public ImmutableArray<InventoryRoute> Routes { get; init; } = [];
}
