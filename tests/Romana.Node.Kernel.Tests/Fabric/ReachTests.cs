using System.Net.Sockets;
using Romana.Ipam.Addressing;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <summary>Pods reach pods across a VPC with the controller's own tables: by covers, by exact routes, by aggregates.</summary>
public sealed class ReachTests
{
    /// <summary>One route stays free for changes.</summary>
    internal const int CoversAlone = 4;

    public static readonly TheoryData<string, int?> Tables = new() { { "exact", null }, { "covers alone", CoversAlone }, { "aggregates", 6 } };

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task Every_pod_reaches_every_pod_as_itself(string tables, int? quota)
    {
        using var lab = VpcLab.Create(quota);
        Assert.All(lab.Planned.Tables, table => Assert.True(table.Complete, $"{tables}: {table.Id}"));
        string[] pods = ["p1", "p1b", "p2", "p3", "p4", "p5", "p6"];
        var wrong = new List<string>();
        foreach (var family in LabPlan.Families)
        {
            foreach (var from in pods)
            {
                foreach (var to in pods.Where(to => to != from))
                {
                    var answer = await lab.Pod(from).AskAsync(VpcLab.Address(to, family));
                    if (answer != new Answer(VpcLab.Address(from, family).ToString(), KeptPort: true)) wrong.Add($"{from} to {to} ({family}): {answer}");
                }
            }
        }

        Assert.Empty(wrong);
    }

    /// <summary>The way that packets take is counted at the VPC's router and at the hosts.</summary>
    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task Neighbours_are_reached_directly_and_the_covered_by_way_of_their_router(IpFamily family)
    {
        using var lab = VpcLab.Create(CoversAlone);
        var router = lab.Router(1, 3, family);
        var behind = LabPlan.Neighbours(router).First();
        var other = LabPlan.Neighbours(router).Last();

        Assert.NotNull((await lab.Pod(pod(behind)).AskAsync(VpcLab.Address(pod(other), family))).Peer);
        Assert.Equal(0, Seen(lab.Vpc, behind, other));
        Assert.Equal(0, Seen(lab[router].Node, behind, other));

        // The router's own pod to the zone's other subnet, where another router leads on.
        var (second, far) = (lab.Router(2, 1, family), LabPlan.Neighbours(lab.Router(2, 1, family)).First());
        Assert.Equal(LabPlan.Pod(router, family).ToString(), (await lab.Pod(pod(router)).AskAsync(VpcLab.Address(pod(far), family))).Peer);
        Assert.True(Seen(lab.Vpc, router, far) > 0);
        Assert.True(Seen(lab[second].Node, router, far) > 0);

        // What comes from far goes by the router; the answer goes straight.
        Assert.Equal(LabPlan.Pod("h6", family).ToString(), (await lab.Pod("p6").AskAsync(VpcLab.Address(pod(behind), family))).Peer);
        Assert.True(Seen(lab[router].Node, "h6", behind) > 0);
        Assert.Equal(0, Seen(lab[router].Node, behind, "h6"));
        Assert.True(lab[router].Node.Counted(family == IpFamily.IPv4 ? "transit4" : "transit6") > 0);

        static string pod(string host) => $"p{host[1..]}";

        long Seen(LabNode at, string from, string to) => at.Seen(LabPlan.Pod(from, family), LabPlan.Pod(to, family));
    }

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task The_node_and_its_pods_reach_each_other(IpFamily family)
    {
        using var lab = VpcLab.Create();
        var own = LabPlan.Address("h1", family).ToString();
        Assert.Equal(own, (await lab["h1"].Node.AskAsync(VpcLab.Address("p1", family))).Peer);
        Assert.Equal(own, (await lab["h1"].Node.AskAsync(VpcLab.Address("p2", family))).Peer);
        Assert.Equal(own, (await lab["h1"].Node.AskAsync(VpcLab.Address("p6", family))).Peer);
        Assert.NotNull((await lab.Pod("p1").AskAsync(LabPlan.Address("h1", family), protocol: ProtocolType.Udp)).Peer);
    }
}
