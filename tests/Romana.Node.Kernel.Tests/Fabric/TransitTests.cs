using Romana.Ipam.Addressing;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <summary>
/// Routers see half of a flow. It must pass kube-proxy's drop of invalid packets, a FORWARD policy of DROP and strict reverse-path
/// checks; and must not when the part of ours is taken away that lets it.
/// </summary>
public sealed class TransitTests : IDisposable
{
    private const long Hundred = 100_000_000;

    private readonly VpcLab _lab = VpcLab.Create(ReachTests.CoversAlone);

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task A_hundred_megabytes_pass_a_router_each_way(IpFamily family)
    {
        var (router, behind) = Ways(family);
        var (from, to) = (LabPlan.Pod("h6", family), LabPlan.Pod(behind, family));
        Assert.Equal(Hundred, await _lab.Pod("p6").SendAsync(to, Hundred));
        Assert.True(router.Node.Seen(from, to) > 1_000, "the data went another way");
        Assert.Equal(0, router.Node.Seen(to, from));
        Assert.Equal(Hundred, await _lab.Pod(PodOf(behind)).SendAsync(from, Hundred));
    }

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task Tracked_transit_dies_at_the_drop_of_invalid_packets(IpFamily family)
    {
        var (router, behind) = Ways(family);
        router.Node.Apply("flush chain inet romana prerouting");
        Assert.Equal(0, await _lab.Pod("p6").SendAsync(LabPlan.Pod(behind, family), 1_000_000, TimeSpan.FromSeconds(3)));
        Assert.NotEmpty(router.Settle().Made);
        Assert.Equal(1_000_000, await _lab.Pod("p6").SendAsync(LabPlan.Pod(behind, family), 1_000_000));
    }

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task Without_our_chain_the_policy_of_FORWARD_drops_transit(IpFamily family)
    {
        var (router, behind) = Ways(family);
        router.Node.Run(family == IpFamily.IPv4 ? "iptables" : "ip6tables", "-D FORWARD -j ROMANA-FORWARD");
        Assert.Null((await _lab.Pod("p6").AskAsync(LabPlan.Pod(behind, family))).Peer);
        Assert.NotEmpty(router.Settle().Made);
        Assert.NotNull((await _lab.Pod("p6").AskAsync(LabPlan.Pod(behind, family))).Peer);
    }

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task Anothers_explicit_drop_wins_wherever_it_stands(IpFamily family)
    {
        var (router, behind) = Ways(family);
        var to = LabPlan.Pod(behind, family);
        router.Node.Run(family == IpFamily.IPv4 ? "iptables" : "ip6tables", $"-A FORWARD -d {to} -j DROP");
        Assert.NotEmpty(router.Settle().Made);
        Assert.Null((await _lab.Pod("p6").AskAsync(to)).Peer);
        Assert.True(router.Settle().IsSettled);
    }

    /// <summary>An accept of ours wins over no other base chain's policy; so it is said whose it is.</summary>
    [Fact]
    public async Task A_native_chain_that_drops_by_policy_is_named()
    {
        var (router, behind) = Ways(IpFamily.IPv4);
        Assert.Empty(router.Settle().Troubles);
        router.Node.Apply("add table inet firewall\nadd chain inet firewall fw { type filter hook forward priority 5; policy drop; }");
        Assert.StartsWith("nftables' chain inet firewall fw drops by its policy", Assert.Single(router.Settle().Troubles), StringComparison.Ordinal);
        Assert.Null((await _lab.Pod("p6").AskAsync(LabPlan.Pod(behind, IpFamily.IPv4))).Peer);
        router.Node.Apply("add rule inet firewall fw ct state untracked accept");
        Assert.NotNull((await _lab.Pod("p6").AskAsync(LabPlan.Pod(behind, IpFamily.IPv4))).Peer);
    }

    /// <summary>
    /// A block went from h2 to h3; the VPC's route and a neighbour's still lead to h2, which first does not know it, then passes it on.
    /// </summary>
    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task A_block_that_moved_is_refused_then_passed_on_and_never_goes_round(IpFamily family)
    {
        using var pod = new LabNode("pm");
        var (block, old, next) = (LabPlan.Block(1, 9, family), _lab["h2"], _lab["h3"]);
        _lab.Route("replace", block, "h2");
        next.Adopt(pod, LabPlan.Block(1, 9, IpFamily.IPv4).First.Plus(2), LabPlan.Block(1, 9, IpFamily.IPv6).First.Plus(2));
        next.Known = next.Known with { OwnBlocks = next.Known.OwnBlocks.Add(block) };
        _lab["h1"].Known = Moved(_lab["h1"], block, "h2");
        foreach (var host in new[] { next, _lab["h1"] }) Assert.NotEmpty(host.Settle().Made);
        var to = block.First.Plus(2);
        Assert.True(await _lab.Pod("p6").TossAsync(to));
        Assert.Equal(1, _lab.Vpc.Seen(LabPlan.Pod("h6", family), to));

        old.Known = Moved(old, block, "h3");
        Assert.NotEmpty(old.Settle().Made);
        Assert.Equal(10_000_000, await _lab.Pod("p6").SendAsync(to, 10_000_000));
        Assert.True(old.Node.Seen(LabPlan.Pod("h6", family), to) > 50);
        Assert.Equal(0, old.Node.Seen(to, LabPlan.Pod("h6", family)));
        Assert.Equal(10_000_000, await _lab.Pod("p1").SendAsync(to, 10_000_000));
    }

    private static Romana.Node.Planning.FabricKnowledge Moved(LabHost host, Cidr block, string holder) => host.Known with
    {
        Peers = [.. host.Known.Peers.Select(peer => peer.Name == holder ? peer with { Blocks = peer.Blocks.Add(block) } : peer)],
    };

    /// <summary>Packets at the VPC's router for one that was sent with a TTL of 64.</summary>
    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task A_packet_to_a_free_address_dies_after_one_hop(IpFamily family)
    {
        var (router, _) = Ways(family);
        var own = LabPlan.Block(router.Name, family);
        IpAddress[] free = [LabPlan.Block(1, 20, family).First.Plus(5), own.First.Plus(60)];
        foreach (var to in free)
        {
            Assert.True(await _lab.Pod("p6").TossAsync(to), $"{to} was not refused");
            Assert.Equal(1, _lab.Vpc.Seen(LabPlan.Pod("h6", family), to));
        }

        // The router's own pods and its neighbours' too: what they send to free space goes out once and is refused.
        Assert.True(await _lab.Pod(PodOf(router.Name)).TossAsync(free[0]));
        Assert.Equal(1, _lab.Vpc.Seen(LabPlan.Pod(router.Name, family), free[0]));
    }

    [Theory]
    [InlineData(IpFamily.IPv4, "rule")]
    [InlineData(IpFamily.IPv6, "rule")]
    [InlineData(IpFamily.IPv4, "table")]
    [InlineData(IpFamily.IPv6, "table")]
    public async Task Without_the_guard_it_goes_round_until_its_TTL_is_used_up(IpFamily family, string what)
    {
        var (router, behind) = Ways(family);
        var six = family == IpFamily.IPv6 ? "-6 " : "";
        // Of the whole link: each of the VPC's tables may lead to another of its hosts.
        string[] link = [router.Name, .. LabPlan.Neighbours(router.Name)];
        foreach (var host in link) _lab[host].Node.Run("ip", six + (what == "rule" ? "rule del pref 500" : "route flush table 880"));
        var to = LabPlan.Block(1, 20, family).First.Plus(5);
        await _lab.Pod("p6").TossAsync(to);
        Assert.InRange(_lab.Vpc.Seen(LabPlan.Pod("h6", family), to), 26, 64);
        // Transit goes on by main meanwhile.
        Assert.NotNull((await _lab.Pod("p6").AskAsync(LabPlan.Pod(behind, family))).Peer);
        Assert.All(link, host => Assert.NotEmpty(_lab[host].Settle().Made));
        var healed = to.Plus(1);
        Assert.True(await _lab.Pod("p6").TossAsync(healed));
        Assert.Equal(1, _lab.Vpc.Seen(LabPlan.Pod("h6", family), healed));
    }

    /// <summary>A wrong route upstream: the guard does not look at other groups, the nft rule does.</summary>
    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task An_address_of_a_foreign_group_is_dropped_where_it_was_sent_wrongly(IpFamily family)
    {
        var foreign = family == IpFamily.IPv4 ? Cidr.Parse("100.64.200.0/24") : Cidr.Parse("fd64::9:0/112");
        _lab.Route("replace", foreign, "h3");
        await _lab.Pod("p6").TossAsync(foreign.First.Plus(1));
        Assert.Equal(1, _lab.Vpc.Seen(LabPlan.Pod("h6", family), foreign.First.Plus(1)));
        Assert.True(_lab["h3"].Node.Counted(family == IpFamily.IPv4 ? "misrouted4" : "misrouted6") > 0);
        _lab["h3"].Node.Apply("flush chain inet romana forward");
        await _lab.Pod("p6").TossAsync(foreign.First.Plus(2));
        Assert.True(_lab.Vpc.Seen(LabPlan.Pod("h6", family), foreign.First.Plus(2)) > 25);
    }

    /// <summary>A cover is replaced under a stream.</summary>
    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task A_stream_outlives_its_routers_replacement(IpFamily family)
    {
        var (router, behind) = Ways(family);
        var next = _lab[LabPlan.Neighbours(router.Name).First(host => host != behind)];
        var (from, to) = (LabPlan.Pod("h6", family), LabPlan.Pod(behind, family));
        using var stop = new CancellationTokenSource();
        var stream = _lab.Pod("p6").StreamAsync(to, stop.Token);
        await UntilAsync(() => router.Node.Seen(from, to) > 50);
        _lab.Route("replace", LabPlan.Group(1, family), next.Name);
        await UntilAsync(() => next.Node.Seen(from, to) > 50);
        await stop.CancelAsync();
        Assert.NotNull(await stream);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        var clock = TimeProvider.System;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(20), clock, limit.Token);
    }

    /// <summary>The router by which h6 reaches the first subnet, and a host behind it.</summary>
    private (LabHost Router, string Behind) Ways(IpFamily family)
    {
        var router = _lab.Router(1, 3, family);
        return (_lab[router], LabPlan.Neighbours(router).First());
    }

    private static string PodOf(string host) => $"p{host[1..]}";
}
