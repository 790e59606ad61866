using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Node.Cni;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Linux.Wiring;

/// <summary>All that a pod's link consists of on both ends. Pure: interface numbers are put in when they are known.</summary>
internal sealed class LinkPlan(AttachmentKey key, ImmutableArray<IpAddress> addresses)
{
    /// <summary>So that a pattern ("rom+") names all of them.</summary>
    public const string Prefix = "rom";

    /// <summary>
    /// The host's end of every link. It is a pod's next hop, so it must not change when the agent makes the link anew, and
    /// nobody else sees it.
    /// </summary>
    public static readonly MacAddress HostMac = MacAddress.Parse("ee:ee:ee:ee:ee:ee");

    private const int HashDigits = 12;
    private const string Mark = "romana";

    // IFALIASZ of linux/if.h, without the closing zero.
    private const int LongestAlias = 255;

    private static readonly SearchValues<char> OfHash = SearchValues.Create("0123456789abcdef");

    private readonly byte[] _hash = SHA256.HashData(Encoding.UTF8.GetBytes(key.ToString()));

    public AttachmentKey Key => key;

    public ImmutableArray<IpAddress> Addresses => addresses;

    public string HostInterface => Prefix + Convert.ToHexStringLower(_hash)[..HashDigits];

    /// <summary>Of the key, so that a link which is made anew is the same one for its neighbours.</summary>
    public MacAddress PodMac => MacAddress.From([0x02, .. _hash.AsSpan(HashDigits / 2, MacAddress.Size - 1)])!.Value;

    /// <summary>The attachment where the kernel shows it again: the journal can be lost, this goes with the link.</summary>
    /// <exception cref="WiringException">It does not fit.</exception>
    public string Alias
    {
        get
        {
            var alias = $"{Mark} {key.ContainerId} {key.Interface} {string.Join(' ', addresses)}";
            return alias.Length <= LongestAlias ? alias
                : throw new WiringException($"container id {key.ContainerId} has {key.ContainerId.Length} characters, more than an interface can be marked with");
        }
    }

    /// <summary>Null: that is no link of ours, or one that was never finished.</summary>
    public static LinkPlan? Of(Interface found)
    {
        if (!IsNamedLikeOurs(found) || found.Alias?.Split(' ') is not [Mark, var container, var name, .. var texts] || texts.Length == 0) return null;
        var addresses = ImmutableArray.CreateBuilder<IpAddress>(texts.Length);
        foreach (var text in texts)
        {
            if (!IpAddress.TryParse(text, out var address, out _)) return null;
            addresses.Add(address);
        }

        var plan = new LinkPlan(new AttachmentKey(container, name), addresses.DrainToImmutable());
        return plan.HostInterface == found.Name ? plan : null;
    }

    /// <summary>A link of ours that was killed before it was marked: nobody else makes such an interface.</summary>
    public static bool IsRemains(Interface found) => IsNamedLikeOurs(found) && found.Mac == HostMac && string.IsNullOrEmpty(found.Alias);

    public WiredPod Wired => new(HostInterface, HostMac.ToString(), PodMac.ToString());

    public VethRequest Veth(NamespaceHandle pod, int? mtu) =>
        new(new VethEnd(HostInterface, HostMac, mtu), new VethEnd(key.Interface, PodMac, mtu)) { FarNamespace = pod };

    public IEnumerable<Route> HostRoutes(int index, Func<IpAddress, PodWay> wayOf) =>
        from address in addresses
        let way = wayOf(address)
        from table in way.Tables
        select new Route { Destination = Cidr.Of(address), Table = table, Source = way.Source, Hops = [new NextHop(index)] }.Canonical();

    public IEnumerable<Neighbour> HostNeighbours(int index) =>
        addresses.Select(address => new Neighbour { Interface = index, Address = address, Mac = PodMac });

    public IEnumerable<InterfaceAddress> PodAddresses(int index) => addresses.Select(address => new InterfaceAddress
    {
        Interface = index,
        Address = address,
        Length = address.Family.Width(),
        // There is nobody on the link to ask whether the address is taken, and a pod's first packet must not wait for it.
        Flags = address.Family == IpFamily.IPv6 ? AddressFlags.NoDuplicateDetection : AddressFlags.None,
    });

    public IEnumerable<Route> PodRoutes(int index, int? mtu) => addresses.Select(address => new Route
    {
        Destination = Cidr.Around(new IpAddress(address.Family, 0), 0),
        Mtu = (uint?)mtu,
        // No address of the link reaches 169.254.1.1; fe80::1 is on every IPv6 link.
        Hops = [new NextHop(index, GatewayOf(address.Family), OnLink: address.Family == IpFamily.IPv4)],
    }.Canonical());

    public IEnumerable<Neighbour> PodNeighbours(int index) =>
        addresses.Select(address => new Neighbour { Interface = index, Address = GatewayOf(address.Family), Mac = HostMac });

    private static IpAddress GatewayOf(IpFamily family) => family == IpFamily.IPv4 ? Attachments.Gateway4 : Attachments.Gateway6;

    private static bool IsNamedLikeOurs(Interface found) =>
        found.Kind == "veth" && found.Name.Length == Prefix.Length + HashDigits && found.Name.StartsWith(Prefix, StringComparison.Ordinal)
        && found.Name.AsSpan(Prefix.Length).IndexOfAnyExcept(OfHash) < 0;
}
