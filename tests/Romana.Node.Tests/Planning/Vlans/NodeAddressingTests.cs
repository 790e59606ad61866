using System.Collections.Immutable;
using CsCheck;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Topologies;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning.Vlans;
using static Romana.Node.Tests.Planning.Vlans.VlanCases;

namespace Romana.Node.Tests.Planning.Vlans;

/// <summary>Where a host's own address in a VLAN comes from, and that no two hosts use one.</summary>
public sealed class NodeAddressingTests
{
    private static readonly VlanLook Bare = Look with { Addresses = [Look.Addresses[1]] };

    [Theory]
    [InlineData("first-of-block", "", "192.168.10.64")]
    [InlineData("first-of-block", "192.168.10.80", "192.168.10.80")]
    [InlineData("first-of-block", "192.168.10.65", "192.168.10.64")]
    [InlineData("192.168.10.128/30", "192.168.10.130", "192.168.10.130")]
    [InlineData("192.168.10.128/30", "192.168.10.64", "192.168.10.12?")]
    [InlineData("dhcp", "", null)]
    public void It_comes_from_where_the_document_says_and_stays(string source, string written, string? expected)
    {
        var said = Plan(Facts(source, written)).Say.GetValueOrDefault("green")?.Address.ToString();
        if (expected?.EndsWith('?') == true) Assert.True(Cidr.Parse(source).Contains(Ip(said!)), said);
        else Assert.Equal(expected, said);
    }

    [Theory]
    [InlineData("dhcp")]
    [InlineData("first-of-block")]
    public void What_the_machine_has_there_already_is_taken_at_once(string source)
    {
        var plan = Plan(Facts(source, "") with { Here = Bare with { Addresses = [.. Bare.Addresses, new InterfaceAddress { Interface = 4, Address = Ip("192.168.10.33"), Length = 24, Flags = AddressFlags.NoPrefixRoute }] } });
        Assert.Equal(Ip("192.168.10.33"), plan.Use["green"]);
        Assert.Equal(Ip("192.168.10.33"), plan.Say["green"].Address);
    }

    [Fact]
    public void Our_own_on_the_interface_is_no_reason_to_keep_it()
    {
        var ours = new InterfaceAddress { Interface = 4, Address = Ip("192.168.10.33"), Length = 24, Protocol = RouteProtocols.Romana };
        Assert.Equal(Ip("192.168.10.64"), Plan(Facts("first-of-block", "192.168.10.33") with { Here = Bare with { Addresses = [.. Bare.Addresses, ours] } }).Say["green"].Address);
    }

    [Fact]
    public void It_is_said_before_it_is_used()
    {
        Assert.Empty(Plan(Facts("first-of-block", "")).Use);
        Assert.Equal(Ip("192.168.10.64"), Plan(Facts("first-of-block", "192.168.10.64")).Use["green"]);
        Assert.Empty(Plan(Facts("first-of-block", "192.168.10.64") with { Others = [(new HostUid("h-2"), Said("192.168.10.64"))] }).Use);
    }

    /// <summary>
    /// Three hosts share a range, and read and write their records in any order: no
    /// two ever use one address, and in the end, one pass after another, each has one.
    /// </summary>
    [Fact]
    public void No_two_hosts_ever_use_one_address() => Gen.Int[0, 2].Array[0, 24].Sample(turns =>
    {
        const string range = "192.168.10.0/29";
        // All begin at the same address.
        string[] uids = ["h-0", "h-8", "h-H"];
        Assert.Single(uids.Select(uid => VlanTerms.Hash(uid) % 8).Distinct());
        var records = new string[3];
        var looking = new (string Written, NodeAddresses? Plan)[3];
        var using_ = new IpAddress?[3];
        // Each turn is a host's next step: to read its own record, to read the others' and decide, to write.
        var step = new int[3];
        foreach (var host in turns.Concat(Enumerable.Range(0, 90).Select(turn => turn / 3 % 3)))
        {
            switch (step[host]++ % 3)
            {
                case 0: looking[host].Written = records[host] ?? ""; break;
                case 1:
                    var others = records.Select((said, other) => (new HostUid(uids[other]), said)).Where(other => other.said is not null && other.Item1.Text != uids[host])
                        .Select(other => (other.Item1, Said(other.said)));
                    var plan = Plan(Facts(range, looking[host].Written, uids[host]) with { Others = [.. others], Held = [] });
                    looking[host].Plan = plan;
                    using_[host] = plan.Use.TryGetValue("green", out var used) ? used : null;
                    break;
                default: records[host] = looking[host].Plan!.Say["green"].Address.ToString(); break;
            }

            Assert.Equal(using_.Count(address => address is not null), using_.Where(address => address is not null).Distinct().Count());
        }

        Assert.All(using_, address => Assert.True(address is { } given && Cidr.Parse(range).Contains(given) && given != Ip("192.168.10.1") && given != Ip("192.168.10.0")));
    }, iter: 5_000);

    private static NodeAddresses Plan(NodeAddressFacts facts) => NodeAddressing.Plan(facts);

    private static HostStatus Said(string address) => new() { NodeAddresses = NodeAddresses.None.Say.Add("green", new NodeAddress(Ip(address), "")) };

    private static NodeAddressFacts Facts(string source, string written, string uid = "h-1") => new()
    {
        Own = new HostSpec { Uid = new HostUid(uid), Name = "h1", Addresses = [Ip("10.0.0.11")], Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add("green", Cidr.Parse("192.168.10.0/24")) },
        Written = written.Length == 0 ? NodeAddresses.None.Say : Said(written).NodeAddresses,
        Others = [],
        Space = new CommittedSpace(
            new Topology
            {
                Networks =
                [
                    new Network { Name = "green", Cidr = Cidr.Parse("192.168.10.0/24"), BlockMask = 28, Vlan = 10, Interface = "v10", Gateway = Ip("192.168.10.1"), NodeAddresses = source },
                    // The host has no group in it.
                    new Network { Name = "blue", Cidr = Cidr.Parse("192.168.20.0/24"), BlockMask = 28, Vlan = 20, Gateway = Ip("192.168.20.1"), NodeAddresses = source },
                ],
            },
            [], []),
        Held = [Cidr.Parse("192.168.10.80/28"), Cidr.Parse("192.168.10.64/28")],
        Here = Bare,
    };
}
