using Romana.Ipam.Addressing;
using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>
/// True 802.1Q. Run by name alone, with ROMANA_IN_VM=1: on a kernel that has it, this machine's or a throw-away one's
/// (<see cref="VirtualMachineTests"/>).
/// </summary>
public sealed class TaggedTests(TaggedTests.Standing standing) : IClassFixture<TaggedTests.Standing>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Theory(Explicit = true)]
    [InlineData("p10a", "p10c", false)]
    [InlineData("p20c", "p20a", false)]
    [InlineData("p10a", "p20a", true)]
    [InlineData("p10a", "p20c", true)]
    [InlineData("p20c", "p10c", true)]
    public async Task Pods_of_one_VLAN_meet_on_the_trunk_and_of_two_at_the_gateway(string from, string to, bool isByGateway)
    {
        var lab = standing.Lab;
        foreach (var host in (LabNode[])[lab.First, lab.Second]) Assert.Equal([10, 20], Tags(host));
        foreach (var family in VlanLab.Families)
        {
            var (answered, forwarded) = await lab.CallAsync(from, to, family);
            Assert.True(answered, $"{family}");
            Assert.Equal(isByGateway, forwarded > 0);
            if (isByGateway) Assert.True(forwarded >= 6, $"{family}: {forwarded} packets of a conversation were seen at the gateway");
        }

        foreach (var host in (LabNode[])[lab.First, lab.Second])
            Assert.Equal(0, host.Crossed((way, outward) => way.StartsWith("romp", StringComparison.Ordinal) && outward.StartsWith("romp", StringComparison.Ordinal)));
    }

    /// <summary>What proves that all of the above bore tags: the same wire carries nothing without one.</summary>
    [Fact(Explicit = true)]
    public async Task The_switch_passes_nothing_without_a_tag()
    {
        var lab = standing.Lab;
        lab.First.Ip("addr add 10.77.0.1/24 dev trunk");
        lab.Second.Ip("addr add 10.77.0.2/24 dev trunk");
        Assert.Null((await lab.First.AskAsync(IpAddress.Parse("10.77.0.2"), limit: TimeSpan.FromSeconds(3))).Peer);
        Assert.True((await lab.CallAsync("p10a", "p10c", IpFamily.IPv4)).Answered);
    }

    /// <summary>Between two VLANs of one host nothing goes past the gateway when it is away.</summary>
    [Fact(Explicit = true)]
    public async Task Without_the_gateway_two_VLANs_do_not_meet()
    {
        var lab = standing.Lab;
        lab.Switch.Kernel.Interfaces.Change(lab.Switch.Index("gatewayt"), new InterfaceChange { IsUp = false });
        foreach (var family in VlanLab.Families)
        {
            Assert.Null((await lab["p10a"].AskAsync(TaggedLab.Address("p20a", family), limit: TimeSpan.FromSeconds(3))).Peer);
            Assert.True((await lab.CallAsync("p10a", "p10c", family)).Answered, $"{family}: within a VLAN");
        }

        lab.Switch.Kernel.Interfaces.Change(lab.Switch.Index("gatewayt"), new InterfaceChange { IsUp = true });
    }

    /// <summary>A tagged interface that is deleted, and a trunk that flaps, come back with all that hung on them.</summary>
    [Theory(Explicit = true)]
    [InlineData("link del rvlan10")]
    [InlineData("link set trunk down\nlink set trunk up")]
    [InlineData("link set rvlan10 down")]
    public async Task What_is_taken_away_of_a_trunk_is_put_back(string harm)
    {
        var lab = standing.Lab;
        lab.First.Ip(harm);
        using var limit = new CancellationTokenSource(Limit);
        do Assert.False(limit.IsCancellationRequested, $"not healed: {string.Join("; ", lab.Loop.Last?.Troubles ?? [])}");
        while (!(await lab.Loop.SettleAsync(limit.Token)).IsSettled || !Tags(lab.First).SequenceEqual([10, 20]));
        foreach (var family in VlanLab.Families)
        {
            Assert.True((await lab.CallAsync("p10a", "p10c", family)).Answered, $"{family}: on the trunk");
            Assert.True((await lab.CallAsync("p10a", "p20a", family)).Forwarded >= 6, $"{family}: by the gateway");
        }
    }

    /// <summary>One lab for all of them: each leaves it as it was.</summary>
    public sealed class Standing : IAsyncLifetime
    {
        private TaggedLab? _lab;

        internal TaggedLab Lab => _lab ?? throw new InvalidOperationException("ROMANA_IN_VM=1 says that this kernel has 802.1Q: scripts/vm.sh does");

        // The fixture is made where the tests are only counted, too.
        public async ValueTask InitializeAsync()
        {
            if (Environment.GetEnvironmentVariable("ROMANA_IN_VM") is { Length: > 0 }) _lab = await TaggedLab.RunningAsync();
        }

        public ValueTask DisposeAsync() => _lab?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    /// <summary>Ids of the tagged interfaces that stand, made by the loop on the trunk.</summary>
    private static IEnumerable<int> Tags(LabNode host) =>
        host.Kernel.Interfaces.List().Where(item => item is { Kind: "vlan", IsUp: true } && item.Lower == host.Index("trunk")).Select(item => item.VlanId!.Value).Order();
}
