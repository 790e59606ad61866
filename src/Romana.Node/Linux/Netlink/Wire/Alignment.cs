namespace Romana.Node.Linux.Netlink.Wire;

/// <summary>Messages and attributes begin on multiples of four bytes (NLMSG_ALIGNTO, NLA_ALIGNTO).</summary>
internal static class Alignment
{
    public static int Up(int length) => (length + 3) & ~3;
}
