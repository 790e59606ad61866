using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Explaining;

/// <summary>What the kernel shows at the time of the question.</summary>
internal sealed record ExplainLook
{
    public required IReadOnlyList<Interface> Interfaces { get; init; }

    public required IReadOnlyList<InterfaceAddress> Addresses { get; init; }

    /// <summary>In the order in which they are asked.</summary>
    public required IReadOnlyList<Rule> Rules { get; init; }

    /// <summary>Routes of one table.</summary>
    public required Func<IpFamily, uint, IReadOnlyList<Route>> Table { get; init; }

    /// <summary>The kernel's own answer, reverse path and all.</summary>
    public required Func<RouteQuestion, RouteAnswer> Ask { get; init; }

    /// <summary>Null: our table is not there.</summary>
    public NftPicture? Nft { get; init; }

    /// <summary>Chains of others at forward that drop by their policy.</summary>
    public IReadOnlyList<string> Forbidding { get; init; } = [];

    public string NameOf(int index) => Interfaces.FirstOrDefault(item => item.Index == index)?.Name ?? $"interface {index}";

    public bool IsHere(IpAddress address) => Addresses.Any(item => item.Address == address);
}
