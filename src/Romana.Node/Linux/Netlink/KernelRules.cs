using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink;

/// <summary>Policy routing rules of one namespace.</summary>
internal sealed class KernelRules(NetlinkSocket socket)
{
    /// <param name="family">Null lists both.</param>
    public IReadOnlyList<Rule> List(IpFamily? family = null) =>
        family is { } one ? ListOf(one) : [.. ListOf(IpFamily.IPv4), .. ListOf(IpFamily.IPv6)];

    /// <summary><see cref="OutcomeKind.Exists"/>: the very same rule.</summary>
    public Outcome Add(Rule rule)
    {
        var wanted = rule.Canonical();
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.NewRule, KernelCalls.Add);
        RuleCodec.Write(ref request, wanted);
        return socket.Create(ref request, "rule", wanted);
    }

    /// <exception cref="ArgumentException">It has parts that the request could not name: another rule might go in its place.</exception>
    public Outcome Remove(Rule rule)
    {
        if (rule.HasUnknownParts) throw new ArgumentException($"rule {rule} has parts that are not known here", nameof(rule));
        var given = rule.Canonical();
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.DeleteRule, MessageFlags.Acknowledge);
        RuleCodec.Write(ref request, given);
        return socket.Remove(ref request, "rule", given);
    }

    private IReadOnlyList<Rule> ListOf(IpFamily family)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.GetRule, MessageFlags.Dump);
        RuleCodec.WriteDump(ref request, family);
        return socket.List(ref request, RuleCodec.Decode, "rules");
    }
}
