using System.Runtime.InteropServices;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>Rules in rtnetlink's words (linux/fib_rules.h).</summary>
internal static class RuleCodec
{
    private const uint Inverted = 0x2;

    private const ushort ToAttribute = 1, FromAttribute = 2, InterfaceInAttribute = 3, PriorityAttribute = 6, MarkAttribute = 10,
        Flow = 11, SuppressGroup = 13, SuppressLength = 14, TableAttribute = 15, MaskAttribute = 16, InterfaceOutAttribute = 17,
        ProtocolAttribute = 21;

    public static Rule? Decode(Message message)
    {
        if (message.Header.Type != MessageType.NewRule) return null;
        var head = message.Head<Fixed>(out var attributes);
        if (Families.From(head.Family) is not { } family) return null;
        if (head.ToLength > family.Width() || head.FromLength > family.Width())
            throw new MalformedMessageException($"a rule has prefix lengths of {head.FromLength} and {head.ToLength}");
        var rule = new Rule
        {
            Family = family,
            Priority = 0,
            Action = (RuleAction)head.Action,
            Table = head.Table,
            Protocol = 0,
            HasUnknownParts = (head.Flags & Inverted) != 0 || head.TypeOfService != 0,
        };
        while (attributes.Next()) rule = With(rule, head, attributes);
        // The table of a rule that looks none up is the kernel's leftover.
        return rule.Action == RuleAction.Lookup ? rule : rule with { Table = 0 };
    }

    /// <summary>Of a notification, which may also tell of a rule that went.</summary>
    public static byte ProtocolOf(Message message)
    {
        message.Head<Fixed>(out var attributes);
        return attributes.Find(ProtocolAttribute) ? attributes.U8() : (byte)0;
    }

    public static void WriteDump(ref MessageWriter request, IpFamily family) => request.Head(new Fixed { Family = family.Number() });

    /// <param name="rule">Canonical.</param>
    public static void Write(ref MessageWriter request, Rule rule)
    {
        request.Head(new Fixed
        {
            Family = rule.Family.Number(),
            ToLength = (byte)(rule.To?.Length ?? 0),
            FromLength = (byte)(rule.From?.Length ?? 0),
            Action = (byte)rule.Action,
        });
        request.U32(PriorityAttribute, rule.Priority);
        if (rule.From is { } from) request.Address(FromAttribute, from.First);
        if (rule.To is { } to) request.Address(ToAttribute, to.First);
        if (rule.InterfaceIn is { } inward) request.Text(InterfaceInAttribute, inward);
        if (rule.InterfaceOut is { } outward) request.Text(InterfaceOutAttribute, outward);
        if (rule.MarkMask != 0)
        {
            request.U32(MarkAttribute, rule.Mark);
            request.U32(MaskAttribute, rule.MarkMask);
        }

        if (rule.Action == RuleAction.Lookup) request.U32(TableAttribute, rule.Table);
        request.U8(ProtocolAttribute, rule.Protocol);
    }

    private static Rule With(Rule rule, Fixed head, AttributeReader attribute) => attribute.Type switch
    {
        ToAttribute => rule with { To = Cidr.Around(attribute.Address(rule.Family), head.ToLength) },
        FromAttribute => rule with { From = Cidr.Around(attribute.Address(rule.Family), head.FromLength) },
        InterfaceInAttribute => rule with { InterfaceIn = attribute.Text() },
        InterfaceOutAttribute => rule with { InterfaceOut = attribute.Text() },
        PriorityAttribute => rule with { Priority = attribute.U32() },
        MarkAttribute => rule with { Mark = attribute.U32() },
        MaskAttribute => rule with { MarkMask = attribute.U32() },
        TableAttribute => rule with { Table = attribute.U32() },
        ProtocolAttribute => rule with { Protocol = attribute.U8() },
        // All bits set: suppresses nothing.
        SuppressGroup or SuppressLength => rule with { HasUnknownParts = rule.HasUnknownParts || attribute.U32() != uint.MaxValue },
        // A realm of 0 is none; IPv4 shows it always.
        Flow => rule with { HasUnknownParts = rule.HasUnknownParts || attribute.U32() != 0 },
        _ => rule with { HasUnknownParts = true },
    };

    /// <summary>struct fib_rule_hdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Fixed
    {
        public byte Family;
        public byte ToLength;
        public byte FromLength;
        public byte TypeOfService;
        public byte Table;
        public byte Reserved1;
        public byte Reserved2;
        public byte Action;
        public uint Flags;
    }
}
