using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Romana.Node.Agent;

namespace Romana.Node.Tests.Agent;

/// <summary>What stands between a host and its first pod, in words.</summary>
public sealed class ServingTests
{
    [Theory]
    [InlineData("nothing", "no block of pods is lent to this host yet")]
    [InlineData("lent to another", "no block of pods is lent to this host yet")]
    [InlineData("lent", "no block of pods is accepted yet")]
    [InlineData("accepted once", "no block of pods is accepted yet")]
    [InlineData("accepted", "no block of pods is routed yet: see 'romana routes show' for the table and its quota")]
    [InlineData("routed", null)]
    public void Each_step_is_said(string step, string? expected)
    {
        var self = new HostUid("h-1");
        var spec = new BlockSpec
        {
            Cidr = Ipam.Addressing.Cidr.Parse("10.0.0.0/29"),
            Network = "pods",
            Group = Ipam.Addressing.Cidr.Parse("10.0.0.0/24"),
            Host = step == "lent to another" ? new HostUid("h-2") : self,
            Epoch = 2,
            Generation = 1,
            Intent = BlockIntent.Lent,
            RoutedEpoch = step == "routed" ? 2 : 1,
        };
        var status = step.StartsWith("accepted", StringComparison.Ordinal) || step == "routed"
            ? new BlockStatus { Host = self, Epoch = step == "accepted once" ? 1 : 2, Phase = BlockPhase.Accepted } : null;
        TypedRecord<BlockSpec, BlockStatus>[] blocks = step == "nothing" ? [] : [new(RecordTypes.Blocks.Key("b"), default(Expected), "s", spec, status)];
        var layout = TopologyDocument.Read(OneHost.Flat).Topology!;
        var home = new NetworkTerms { Network = layout.Networks[0], Exclusions = new CommittedSpace(layout, [], []).Exclusions(layout.Networks[0]), Announced = true };
        Assert.Equal(expected is null ? [] : [expected], Serving.WhyNot(self, [home], blocks));
        if (step == "accepted") Assert.Empty(Serving.WhyNot(self, [home with { Announced = false }], blocks));
    }

    [Fact]
    public void A_host_in_no_group_is_told_to_look_at_its_labels() =>
        Assert.StartsWith("this host is in no group", Serving.WhyNot(new HostUid("h-1"), [], [])[0], StringComparison.Ordinal);
}
