using System.Collections.Immutable;

namespace Romana.Ipam.Topologies;

/// <summary>The words of a `routing` list.</summary>
public static class RoutingWords
{
    private static readonly ImmutableArray<(string Word, RoutingModes Mode)> Known =
    [
        ("block-host-routes", RoutingModes.BlockHostRoutes),
        ("block-announce-vpc", RoutingModes.BlockAnnounceVpc),
        ("prefix-announce-vpc", RoutingModes.PrefixAnnounceVpc),
        ("block-announce-bgp", RoutingModes.BlockAnnounceBgp),
        ("prefix-announce-bgp", RoutingModes.PrefixAnnounceBgp),
        ("vlan-gateway", RoutingModes.VlanGateway),
    ];

    public static IEnumerable<string> All => Known.Select(entry => entry.Word);

    /// <summary>None for a word that is not known.</summary>
    public static RoutingModes Mode(string word) => Known.FirstOrDefault(entry => entry.Word == word).Mode;
}
