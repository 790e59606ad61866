using System.Text;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Planning;

/// <summary>One write to the kernel, in words that a log can show.</summary>
internal abstract record KernelChange
{
    private KernelChange()
    {
    }

    internal sealed record Setting(KernelSetting Wanted) : KernelChange
    {
        public override string ToString() => $"set {Wanted.Name} = {Wanted.Value}";
    }

    internal sealed record AddRoute(Route Route) : KernelChange
    {
        public override string ToString() => $"add route {Route}";
    }

    /// <summary>Takes the place of a route of ours with its key.</summary>
    internal sealed record ReplaceRoute(Route Route) : KernelChange
    {
        public override string ToString() => $"replace route {Route}";
    }

    internal sealed record RemoveRoute(Route Route) : KernelChange
    {
        public override string ToString() => $"remove route {Route}";
    }

    internal sealed record AddRule(Rule Rule) : KernelChange
    {
        public override string ToString() => $"add rule {Rule}";
    }

    internal sealed record RemoveRule(Rule Rule) : KernelChange
    {
        public override string ToString() => $"remove rule {Rule}";
    }

    /// <summary>The whole table anew.</summary>
    internal sealed record ReplaceTable(string Text) : KernelChange
    {
        public override string ToString() => $"replace nft table inet {FabricTerms.NftTable}";
    }

    /// <summary>Elements of sets, in one transaction.</summary>
    internal sealed record Elements(string Text) : KernelChange
    {
        public override string ToString() => $"nft: {Text.TrimEnd().Replace("\n", "; ", StringComparison.Ordinal)}";
    }

    internal sealed record AddLink(TaggedLink Link) : KernelChange
    {
        public override string ToString() => $"add VLAN interface {Link}";
    }

    internal sealed record RemoveLink(string Name, int Index) : KernelChange
    {
        public override string ToString() => $"remove VLAN interface {Name}";
    }

    internal sealed record SetUp(string Name, int Index) : KernelChange
    {
        public override string ToString() => $"set {Name} up";
    }

    internal sealed record AddAddress(InterfaceAddress Address) : KernelChange
    {
        public override string ToString() => $"add address {Address}";
    }

    internal sealed record RemoveAddress(InterfaceAddress Address) : KernelChange
    {
        public override string ToString() => $"remove address {Address}";
    }

    internal sealed record AddProxy(Neighbour Proxy) : KernelChange
    {
        public override string ToString() => $"add {Proxy}";
    }

    internal sealed record RemoveProxy(Neighbour Proxy) : KernelChange
    {
        public override string ToString() => $"remove {Proxy}";
    }

    internal sealed record Forward(IpFamily Family, string Text) : KernelChange
    {
        public override string ToString() => $"set iptables chain {FabricTerms.ForwardChain} ({Family})";
    }
}

/// <summary>The changes in their order, and what stands in the way of a wanted route: another's, which is left alone.</summary>
internal sealed record KernelPlan(System.Collections.Immutable.ImmutableArray<KernelChange> Changes, System.Collections.Immutable.ImmutableArray<Route> Conflicts)
{
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var change in Changes) text.Append(change).Append('\n');
        foreach (var route in Conflicts) text.Append($"conflict: another's route stands where {route} is wanted\n");
        return text.ToString();
    }
}
