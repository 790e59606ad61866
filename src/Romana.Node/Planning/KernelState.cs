using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Planning;

/// <param name="Name">With slashes: "net/ipv4/ip_forward".</param>
internal sealed record KernelSetting(string Name, string Value);

/// <summary>What the kernel shall hold of ours.</summary>
internal sealed record KernelState
{
    public required ImmutableArray<KernelSetting> Settings { get; init; }

    public required ImmutableArray<Rule> Rules { get; init; }

    public required ImmutableArray<Route> Routes { get; init; }

    /// <summary>Null: it stays as it stands.</summary>
    public required NftTable? Nft { get; init; }

    public ImmutableArray<ForwardRules> Forward { get; init; } = [];

    /// <summary>Tagged interfaces: there, and up.</summary>
    public ImmutableArray<TaggedLink> Links { get; init; } = [];

    /// <summary>Names of tagged interfaces that stay if they stand: those of VLANs that are refused.</summary>
    public ImmutableHashSet<string> KeptLinks { get; init; } = [];

    public ImmutableArray<InterfaceAddress> Addresses { get; init; } = [];

    /// <summary>Addresses that are answered for on uplinks.</summary>
    public ImmutableArray<Neighbour> Proxies { get; init; } = [];

    /// <summary>Networks whose pods have no route in main: there they would be reached past their VLAN's gateway.</summary>
    public ImmutableArray<Cidr> OutsideMain { get; init; } = [];

    /// <summary>Nobody can say now what the fabric's part shall be: what stands of it stays.</summary>
    public bool KeepsFabric { get; init; }

    public static KernelState Of(FabricFacts facts) => new()
    {
        Settings = RulePlan.Settings(facts),
        Rules = RulePlan.Of(facts),
        Routes = RoutePlan.Of(facts),
        Nft = FabricNft.Of(facts),
        Forward = [ForwardRules.Of(facts, IpFamily.IPv4), ForwardRules.Of(facts, IpFamily.IPv6)],
    };

    /// <summary>The host as a whole: nothing of ours has two owners.</summary>
    public KernelState With(KernelState vlans) => vlans with
    {
        Settings = [.. Settings.Concat(vlans.Settings).DistinctBy(setting => setting.Name)],
        Rules = [.. Rules, .. vlans.Rules],
        Routes = [.. Routes, .. vlans.Routes],
        Nft = Nft is null ? null : vlans.Nft?.Onto(Nft),
        Forward = Forward,
        KeepsFabric = KeepsFabric,
    };

    /// <summary>While the fabric cannot be read.</summary>
    /// <param name="known">Of the newest pass that could; null: there was none.</param>
    public static KernelState WithoutFabric(FabricFacts? known) => new()
    {
        Settings = [],
        Rules = [],
        Routes = [],
        Nft = known is null ? null : FabricNft.Of(known),
        KeepsFabric = true,
    };
}

/// <summary>What the kernel holds: of rules, routes, addresses and proxies also others', which are never touched but may stand in the way.</summary>
internal sealed record KernelActual
{
    public ImmutableArray<KernelSetting> Settings { get; init; } = [];

    public ImmutableArray<Rule> Rules { get; init; } = [];

    /// <summary>Of main and of our tables.</summary>
    public ImmutableArray<Route> Routes { get; init; } = [];

    /// <summary>Null: there is no table of ours.</summary>
    public NftListing? Nft { get; init; }

    /// <summary>Of each family whose iptables could be asked.</summary>
    public ImmutableArray<ForwardListing> Forward { get; init; } = [];

    /// <summary>Others' chains that drop what is forwarded unless one of their own rules accepts it, by name.</summary>
    public ImmutableArray<string> Forbidding { get; init; } = [];

    /// <summary>Interfaces of pods, by index: routes through them belong to the pod's link.</summary>
    public ImmutableHashSet<int> PodInterfaces { get; init; } = [];

    public ImmutableArray<Interface> Interfaces { get; init; } = [];

    public ImmutableArray<InterfaceAddress> Addresses { get; init; } = [];

    public ImmutableArray<Neighbour> Proxies { get; init; } = [];
}
