using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Agent;

/// <summary>Whether this host can serve pods, and of which families; written by the passes, read by the plugin's requests.</summary>
internal sealed class Readiness
{
    private ImmutableArray<NetworkTerms> _terms = [];
    private ImmutableArray<string> _waiting = ["the store was not read yet"];

    /// <summary>Route MTU of pods; null: the kernel's own.</summary>
    public int? Mtu { get; private set; }

    /// <summary>VLANs that the newest look at the kernel could not keep; null: there was no look yet.</summary>
    public Func<ImmutableArray<VlanRefusal>?> Look { get; init; } = () => [];

    public ImmutableArray<VlanRefusal> Refused => Look() ?? [];

    /// <param name="waiting">Why a default network has no block that serves here yet, one line each; empty: all have.</param>
    public void Set(ImmutableArray<NetworkTerms> terms, ImmutableArray<string> waiting, int? mtu) => (_terms, _waiting, Mtu) = (terms, waiting, mtu);

    /// <summary>Null: it can, if not of every network. One network refused of several is no reason to send no pods here.</summary>
    public string? WhyNot(bool isOpen)
    {
        if (!isOpen) return "the agent is starting";
        if (!_waiting.IsEmpty) return string.Join("; ", _waiting);
        if (Look() is not { } refused) return "the kernel is being set up";
        var networks = refused.SelectMany(refusal => refusal.Networks).ToHashSet(StringComparer.Ordinal);
        return !_terms.IsEmpty && _terms.All(terms => networks.Contains(terms.Network.Name)) ? string.Join("; ", refused.Select(refusal => refusal.Message)) : null;
    }

    /// <summary>Families in which some network serves the tenant: a pod gets one address of each, or none at all (I9).</summary>
    public ImmutableArray<IpFamily> FamiliesFor(string? tenant)
    {
        var families = _terms.Select(terms => terms.Network)
            .Where(network => network.Tenants.IsEmpty || tenant is not null && network.Tenants.Contains(tenant))
            .Select(network => network.Cidr.Family).Distinct().Order().ToImmutableArray();
        return families.IsEmpty ? [IpFamily.IPv4] : families;
    }
}
