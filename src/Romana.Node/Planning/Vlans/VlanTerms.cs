using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning.Vlans;

/// <summary>
/// Numbers and names of the VLAN policy in the kernel (docs/decisions/0037-numbers-of-the-vlan-policy.md). All VLANs share
/// the priority of a step: the steps' order holds for every VLAN, and main's rule (32766) comes after all of them.
/// </summary>
internal static class VlanTerms
{
    /// <summary>What the node itself sends: to its pods; and from addresses that were there before us, by main.</summary>
    public const uint NodePriority = 1_300, ManagementPriority = 1_350;

    /// <summary>What came by the uplink: its VLAN's table, or nothing.</summary>
    public const uint WirePriority = 10_000, WireEndPriority = 11_000;

    /// <summary>What the node sends into a VLAN; what was translated at the management's interface, and the answers.</summary>
    public const uint NodeToVlanPriority = 14_000, ForeignPriority = 14_100, AnswerBackPriority = 14_300, AnswerPriority = 14_400;

    /// <summary>What a VLAN's addresses send: its table, or nothing. What the node sends there without a table: nothing.</summary>
    public const uint SourcePriority = 15_000, SourceEndPriority = 16_000, NodeEndPriority = 17_000;

    /// <summary>All local pods of all VLANs, for what the node itself sends.</summary>
    public const uint NodeTable = 999;

    /// <summary>A VLAN's table is this and its number.</summary>
    public const uint FirstTable = 1_000;

    /// <summary>VLAN ids end at 4094; numbers of plain interfaces without one lie between these.</summary>
    public const int FirstPlainNumber = 4_096, PlainNumbers = 28_672;

    /// <summary>Behind every other route, whoever makes it.</summary>
    public const uint LastMetric = 4_278_198_272;

    /// <summary>Translated here towards a pod, and the answer to such a flow; the bits that are ours in a packet's mark.</summary>
    public const uint ForeignMark = 0x1000000, AnswerMark = 0x2000000, MarkMask = 0x3000000;

    /// <summary>kube-proxy's word for "translate the source as well".</summary>
    public const uint MasqueradeMark = 0x4000;

    public static bool IsPriority(uint priority) => priority is NodePriority or ManagementPriority or WirePriority or WireEndPriority
        or NodeToVlanPriority or ForeignPriority or AnswerBackPriority or AnswerPriority or SourcePriority or SourceEndPriority or NodeEndPriority;

    public static bool IsTable(uint table) => table is NodeTable or > FirstTable and < FirstTable + FirstPlainNumber + PlainNumbers;

    /// <summary>Of a tagged interface that is made here; one that stands under another name is used as it is.</summary>
    public static string TaggedName(int id) => $"rvlan{id}";

    /// <summary>A tagged interface that an agent made: nobody else names one so.</summary>
    public static bool IsMade(Interface item) => item.VlanId is { } id && item.Name == TaggedName(id);

    /// <summary>Of an interface without a VLAN id: the same at every start, whatever other networks come and go.</summary>
    public static int PlainNumber(string name) => FirstPlainNumber + (int)(Hash(name) % PlainNumbers);

    /// <summary>FNV-1a: the same in every process.</summary>
    public static uint Hash(string text)
    {
        var hash = 2_166_136_261u;
        foreach (var letter in text) hash = unchecked((hash ^ letter) * 16_777_619);
        return hash;
    }

    public static string N(IpFamily family) => family == IpFamily.IPv4 ? "4" : "6";
}
