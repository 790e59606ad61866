using System.Collections.Immutable;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning.Vlans;

/// <summary>One write to the kernel for VLANs, in words that a log can show.</summary>
internal abstract record VlanChange
{
    private VlanChange()
    {
    }

    internal sealed record AddLink(TaggedLink Link) : VlanChange
    {
        public override string ToString() => $"add VLAN interface {Link}";
    }

    internal sealed record SetUp(string Name, int Index) : VlanChange
    {
        public override string ToString() => $"set {Name} up";
    }

    internal sealed record AddAddress(InterfaceAddress Address) : VlanChange
    {
        public override string ToString() => $"add address {Address}";
    }

    internal sealed record RemoveAddress(InterfaceAddress Address) : VlanChange
    {
        public override string ToString() => $"remove address {Address}";
    }

    internal sealed record AddProxy(Neighbour Proxy) : VlanChange
    {
        public override string ToString() => $"add {Proxy}";
    }

    internal sealed record RemoveProxy(Neighbour Proxy) : VlanChange
    {
        public override string ToString() => $"remove {Proxy}";
    }

    /// <summary>A setting, a rule, a route, or nftables.</summary>
    internal sealed record Common(KernelChange Change) : VlanChange
    {
        public override string ToString() => Change.ToString();
    }
}

/// <summary>What the kernel holds around VLANs. Of rules, routes and proxies also others': they are never touched.</summary>
internal sealed record VlanActual
{
    public ImmutableArray<Interface> Interfaces { get; init; } = [];

    public ImmutableArray<InterfaceAddress> Addresses { get; init; } = [];

    public ImmutableArray<KernelSetting> Settings { get; init; } = [];

    public ImmutableArray<Rule> Rules { get; init; } = [];

    public ImmutableArray<Route> Routes { get; init; } = [];

    public ImmutableArray<Neighbour> Proxies { get; init; } = [];

    /// <summary>Null: there is no table of ours.</summary>
    public NftListing? Nft { get; init; }
}
