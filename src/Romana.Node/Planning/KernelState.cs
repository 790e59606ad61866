using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning;

/// <param name="Name">With slashes: "net/ipv4/ip_forward".</param>
internal sealed record KernelSetting(string Name, string Value);

/// <summary>What the kernel shall hold of ours.</summary>
internal sealed record KernelState
{
    public required ImmutableArray<KernelSetting> Settings { get; init; }

    public required ImmutableArray<Rule> Rules { get; init; }

    public required ImmutableArray<Route> Routes { get; init; }

    public required NftTable Nft { get; init; }

    public required ImmutableArray<ForwardRules> Forward { get; init; }

    public static KernelState Of(FabricFacts facts) => new()
    {
        Settings = RulePlan.Settings(facts),
        Rules = RulePlan.Of(facts),
        Routes = RoutePlan.Of(facts),
        Nft = FabricNft.Of(facts),
        Forward = [ForwardRules.Of(facts, IpFamily.IPv4), ForwardRules.Of(facts, IpFamily.IPv6)],
    };
}

/// <summary>What the kernel holds: of rules and routes also others', which are never touched but may stand in the way.</summary>
internal sealed record KernelActual
{
    public ImmutableArray<KernelSetting> Settings { get; init; } = [];

    public ImmutableArray<Rule> Rules { get; init; } = [];

    /// <summary>Of main and of our two tables.</summary>
    public ImmutableArray<Route> Routes { get; init; } = [];

    /// <summary>Null: there is no table of ours.</summary>
    public NftListing? Nft { get; init; }

    /// <summary>Of each family whose iptables could be asked.</summary>
    public ImmutableArray<ForwardListing> Forward { get; init; } = [];

    /// <summary>Others' chains that drop what is forwarded unless one of their own rules accepts it, by name.</summary>
    public ImmutableArray<string> Forbidding { get; init; } = [];

    /// <summary>Interfaces of pods, by index: routes through them belong to the pod's link.</summary>
    public ImmutableHashSet<int> PodInterfaces { get; init; } = [];
}
