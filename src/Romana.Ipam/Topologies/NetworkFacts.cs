using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>A link that hosts can be on: a VPC subnet.</summary>
/// <param name="Id">EC2 subnet id, the value of the label romana.io/subnet.</param>
/// <param name="Zone">Availability zone, the value of the label topology.kubernetes.io/zone.</param>
public sealed record LinkFact(string Id, string Zone);

/// <summary>What is known of the world around a topology; empty where nothing is known, and then nothing is concluded.</summary>
public sealed record NetworkFacts
{
    public ImmutableArray<Cidr> VpcCidrs { get; init; } = [];

    /// <summary>Kubernetes' service range.</summary>
    public ImmutableArray<Cidr> ServiceCidrs { get; init; } = [];

    /// <summary>CIDRs of peered VPCs and of networks behind a transit gateway.</summary>
    public ImmutableArray<Cidr> PeeringCidrs { get; init; } = [];

    public ImmutableArray<LinkFact> Links { get; init; } = [];
}

/// <summary>Labels that discovery sets on hosts from what EC2 says of them.</summary>
public static class PlaceLabels
{
    public const string Subnet = "romana.io/subnet";
    public const string Zone = "topology.kubernetes.io/zone";

    /// <summary>Zone labels that documents carry; the second is what Kubernetes used until 1.17.</summary>
    public static readonly ImmutableArray<string> Zones = [Zone, "failure-domain.beta.kubernetes.io/zone"];
}
