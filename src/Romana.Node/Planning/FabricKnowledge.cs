using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Node.Planning;

/// <summary>A network whose addresses are routed from host to host, with its terms of egress.</summary>
/// <param name="Snat">What pods send to the outside bears the host's address.</param>
/// <param name="ImdsDenied">The instance metadata service is refused to pods.</param>
/// <param name="Native">Places outside that know the way back to pods: never translated.</param>
internal sealed record RoutedNetwork(string Name, Cidr Cidr, bool Snat, bool ImdsDenied, ImmutableArray<Cidr> Native);

/// <param name="Addresses">Its pod interface's first.</param>
/// <param name="Blocks">Of routed networks, lent to it.</param>
internal sealed record PeerHost(string Name, ImmutableArray<IpAddress> Addresses, ImmutableArray<Cidr> Blocks);

/// <summary>A pod's link, and the sources that it may send with.</summary>
/// <param name="Interface">The host's end.</param>
internal sealed record PodFact(string Interface, ImmutableArray<IpAddress> Addresses);

/// <summary>What the store says of the fabric around this host; nothing of it was asked of the kernel.</summary>
internal sealed record FabricKnowledge
{
    /// <summary>This host's addresses, its pod interface's first.</summary>
    public required ImmutableArray<IpAddress> OwnAddresses { get; init; }

    public ImmutableArray<RoutedNetwork> Networks { get; init; } = [];

    /// <summary>CIDRs of the leaf groups whose hosts are on this host's link; the guard refuses free space in these and in no others.</summary>
    public ImmutableArray<Cidr> LinkGroups { get; init; } = [];

    public ImmutableArray<Cidr> OwnBlocks { get; init; } = [];

    public ImmutableArray<PeerHost> Peers { get; init; } = [];

    /// <summary>Addresses of every interface of every host: pods are seen there as themselves.</summary>
    public ImmutableArray<IpAddress> HostAddresses { get; init; } = [];

    /// <summary>Groups that lie behind a `via`.</summary>
    public ImmutableArray<Cidr> Elsewhere { get; init; } = [];
}
