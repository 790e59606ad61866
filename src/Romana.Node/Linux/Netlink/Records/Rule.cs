using Romana.Ipam.Addressing;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>FR_ACT_* of linux/fib_rules.h.</summary>
internal enum RuleAction : byte
{
    Lookup = 1,
    Goto = 2,
    Nothing = 3,
    Blackhole = 6,
    Unreachable = 7,
    Prohibit = 8,
}

/// <summary>
/// A policy routing rule. The kernel lets the very same rule stand twice if it is not asked not to; all fields together
/// are the key.
/// </summary>
internal sealed record Rule
{
    public required IpFamily Family { get; init; }

    /// <summary>Lower is asked first.</summary>
    public required uint Priority { get; init; }

    public Cidr? From { get; init; }

    public Cidr? To { get; init; }

    /// <summary>By name: a rule may stand before its interface, and outlives it. "lo" is what the node itself sends.</summary>
    public string? InterfaceIn { get; init; }

    public string? InterfaceOut { get; init; }

    public uint Mark { get; init; }

    /// <summary>Bits of the packet's mark that are compared; 0: the mark is not looked at.</summary>
    public uint MarkMask { get; init; }

    public RuleAction Action { get; init; } = RuleAction.Lookup;

    /// <summary>For <see cref="RuleAction.Lookup"/>.</summary>
    public uint Table { get; init; }

    public byte Protocol { get; init; } = RouteProtocols.Romana;

    /// <summary>It has selectors without a field here (ports, user ids, tunnels, negation): another's.</summary>
    public bool HasUnknownParts { get; init; }

    /// <summary>As the kernel shows it: a prefix of length 0 is none.</summary>
    public Rule Canonical() => this with
    {
        From = From is { Length: 0 } ? null : From,
        To = To is { Length: 0 } ? null : To,
    };

    public override string ToString() =>
        $"{Priority}: from {From?.ToString() ?? "all"}{(To is { } to ? $" to {to}" : "")}"
        + $"{(MarkMask == 0 ? "" : $" fwmark 0x{Mark:x}/0x{MarkMask:x}")}"
        + $"{(InterfaceIn is null ? "" : $" iif {InterfaceIn}")}{(InterfaceOut is null ? "" : $" oif {InterfaceOut}")}"
        + $" {(Action == RuleAction.Lookup ? $"lookup {Table}" : Action.ToString().ToLowerInvariant())} ({Family}) proto {Protocol}";
}
