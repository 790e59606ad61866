using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>Rules added and removed, as `ip` sees them.</summary>
public sealed class RuleTests
{
    public static readonly TheoryData<string, string> Forms = new()
    {
        { "10.1.0.0/16", "10.2.0.0/24" },
        { "fd00:1::/48", "fd00:2::/64" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_rule_comes_and_goes(string from, string to)
    {
        using var sandbox = Sandbox.WithPair();
        var (source, destination) = (Cidr.Parse(from), Cidr.Parse(to));
        var plain = new Rule { Family = source.Family, Priority = 500, Table = 880 };
        Rule[] all =
        [
            plain,
            plain with { Priority = 100, InterfaceIn = "va", To = destination },
            plain with { Priority = 1300, InterfaceIn = "lo", Table = 999 },
            plain with { Priority = 150, From = source, Table = 100_000 },
            plain with { Priority = 141, Mark = 0x100, MarkMask = 0xff00, To = destination },
            plain with { Priority = 142, Mark = 7, MarkMask = uint.MaxValue },
            plain with { Priority = 160, From = source, Action = RuleAction.Unreachable, Table = 0 },
            plain with { Priority = 530, From = source, To = Cidr.Of(destination.First), Action = RuleAction.Prohibit, Table = 0 },
            plain with { Priority = 531, InterfaceIn = "not-there-yet", InterfaceOut = "vb", Action = RuleAction.Blackhole, Table = 0 },
        ];
        foreach (var rule in all)
        {
            Assert.Equal(OutcomeKind.Created, sandbox.Kernel.Rules.Add(rule).Kind);
            Assert.Equal(OutcomeKind.Exists, sandbox.Kernel.Rules.Add(rule).Kind);
            Assert.Single(sandbox.Kernel.Rules.List(), found => found == rule);
            Same(sandbox);
        }

        foreach (var rule in all)
        {
            Assert.Equal(OutcomeKind.Removed, sandbox.Kernel.Rules.Remove(rule).Kind);
            Assert.Equal(OutcomeKind.Absent, sandbox.Kernel.Rules.Remove(rule).Kind);
            Same(sandbox);
        }

        Assert.DoesNotContain(sandbox.Kernel.Rules.List(), rule => rule.Protocol == RouteProtocols.Romana);
    }

    [Fact]
    public void A_rule_of_another_protocol_is_not_removed()
    {
        using var sandbox = Sandbox.WithPair();
        sandbox.Ip("rule add priority 500 from 10.1.0.0/16 lookup 880 protocol static");
        var ours = new Rule { Family = IpFamily.IPv4, Priority = 500, From = Cidr.Parse("10.1.0.0/16"), Table = 880 };
        Assert.Equal(OutcomeKind.Absent, sandbox.Kernel.Rules.Remove(ours).Kind);
        Assert.Single(sandbox.Kernel.Rules.List(IpFamily.IPv4), rule => rule == ours with { Protocol = RouteProtocols.Static });
    }

    [Theory]
    [InlineData("not from 10.1.0.0/16 lookup 880")]
    [InlineData("from 10.1.0.0/16 ipproto tcp dport 80 lookup 880")]
    [InlineData("from 10.1.0.0/16 lookup 880 suppress_prefixlength 0")]
    public void A_rule_with_more_to_it_is_known_as_such(string arguments)
    {
        using var sandbox = Sandbox.WithPair();
        sandbox.Ip($"rule add priority 500 {arguments} protocol 82");
        var found = Assert.Single(sandbox.Kernel.Rules.List(IpFamily.IPv4), rule => rule.Priority == 500);
        Assert.True(found.HasUnknownParts);
        Assert.Throws<ArgumentException>(() => sandbox.Kernel.Rules.Remove(found));
    }

    private static void Same(Sandbox sandbox) => Assert.Equal(IpView.Rules(sandbox), sandbox.Kernel.Rules.List());
}
