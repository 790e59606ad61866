using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning;

internal sealed record FabricInterface(int Index, string Name);

/// <param name="Hops">The holder's address over each way that the kernel has to it; every one leaves by a fabric interface.</param>
internal sealed record AdjacentBlock(Cidr Cidr, ImmutableArray<NextHop> Hops);

/// <summary>
/// All that the plan of a routed host follows from: what the store knows, with the kernel's word on interfaces, addresses
/// and adjacency.
/// </summary>
internal sealed record FabricFacts
{
    public required FabricKnowledge Known { get; init; }

    /// <summary>The pod interface first; more only where the default route is spread over several (ECMP).</summary>
    public required ImmutableArray<FabricInterface> Fabric { get; init; }

    /// <summary>Of the pod interface, one for each family that it has.</summary>
    public required ImmutableArray<IpAddress> Primary { get; init; }

    /// <summary>Prefixes that are on the pod interface's link.</summary>
    public ImmutableArray<Cidr> Connected { get; init; } = [];

    /// <summary>The default route by the fabric, one for each family that has one.</summary>
    public ImmutableArray<Route> Defaults { get; init; } = [];

    /// <summary>Other interfaces than the fabric's lead out of this host: what pods send must not follow main to them.</summary>
    public bool HasOtherUplinks { get; init; }

    /// <summary>Interfaces that take router advertisements only while they do not forward.</summary>
    public ImmutableArray<string> Advertised { get; init; } = [];

    public ImmutableArray<AdjacentBlock> Adjacent { get; init; } = [];

    public ImmutableArray<PodFact> Pods { get; init; } = [];

    public FabricInterface PodInterface => Fabric[0];

    public IpAddress? PrimaryOf(IpFamily family)
    {
        foreach (var address in Primary)
        {
            if (address.Family == family) return address;
        }

        return null;
    }
}
