using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Planning;

/// <summary>Who a host is, when it is dead, and blocks that do not go with their host.</summary>
public sealed class HostIdentityTests
{
    [Fact]
    public void Another_machine_under_the_same_node_object_is_another_host()
    {
        var view = Views.Of();
        var known = Views.Spec(1, view.Layout!.Networks[0]) with { Evidence = new HostEvidence { NodeUid = "n-1", MachineId = "m-1" } };
        var sighting = new HostSighting { Name = "node-1", Evidence = new HostEvidence { NodeUid = "n-1", MachineId = "m-2" } };

        var plan = LifecyclePlanner.Plan(view with { Hosts = [Views.Host(known)], Discovery = new Discovery { Sightings = [sighting] } });

        Assert.Equal("h-new-1", Assert.Single(plan.Changes.OfType<Change.CreateHost>()).Spec.Uid.Text);
    }

    [Fact]
    public void Absent_once_and_terminated_once_are_not_two_observations()
    {
        var view = Views.Of(hosts: 2);
        HostSighting Sight(int number, SightingState state) => new() { Name = $"node-{number}", Evidence = new HostEvidence { InstanceId = $"i-{number}" }, State = state };
        ImmutableArray<HostSighting> absent = [Sight(2, SightingState.Running)];
        ImmutableArray<HostSighting> ended = [Sight(1, SightingState.Terminated), Sight(2, SightingState.Running)];

        var conditions = new List<HostCondition>();
        foreach (var look in new[] { absent, ended, absent, ended, ended })
        {
            var next = LifecyclePlanner.Plan(view with { Discovery = new Discovery { Sightings = look } }).Changes
                .OfType<Change.UpdateHost>().ToDictionary(change => change.Spec.Uid, change => change.Spec);
            view = view with { Hosts = [.. view.Hosts.Select(host => host with { Spec = next.GetValueOrDefault(host.Spec.Uid, host.Spec) })] };
            conditions.Add(view.Hosts[0].Spec.Condition);
        }

        Assert.Equal([HostCondition.Live, HostCondition.Live, HostCondition.Live, HostCondition.Live, HostCondition.Dead], conditions);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(BlockPhase.Accepted, false)]
    public void A_grant_that_its_host_cannot_accept_any_more_is_recalled(BlockPhase? said, bool isRecalled)
    {
        var network = Views.Network(26);
        Group Leaf(string cidr) => new() { Network = "pods", Path = [], Name = cidr, Cidr = Cidr.Parse(cidr), Kind = GroupKind.Hosts };
        network = network with { Root = network.Root! with { Kind = GroupKind.Groups, Groups = [Leaf("10.0.0.0/25"), Leaf("10.0.0.128/25")] } };
        var host = Views.Spec(1, network) with { Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", Cidr.Parse("10.0.0.128/25")) };
        var block = Views.Block("10.0.0.0/26", 1, said: said);
        block = block with { Spec = block.Spec with { Group = Cidr.Parse("10.0.0.0/25") } };
        var view = Views.Of(network, 0) with { Hosts = [Views.Host(host)], Blocks = [block] };

        var recalled = LifecyclePlanner.Plan(view).Changes.OfType<Change.UpdateBlock>().Any(change => change.Spec.Intent == BlockIntent.Recall);

        Assert.Equal(isRecalled, recalled);
    }

    [Fact]
    public void A_block_whose_holder_has_no_record_gets_one_that_can_be_removed()
    {
        var view = Views.Of(hosts: 0) with { Blocks = [Views.Block("10.0.0.0/26", 1, said: BlockPhase.Accepted)] };

        var plan = LifecyclePlanner.Plan(view);

        var host = Assert.Single(plan.Changes.OfType<Change.CreateHost>()).Spec;
        Assert.Equal(("h-1", HostCondition.Unknown), (host.Uid.Text, host.Condition));
        Assert.Contains("hosts remove h-1", Assert.Single(plan.Conditions, condition => condition.Type == "OrphanBlock").Message, StringComparison.Ordinal);
        Assert.Empty(LifecyclePlanner.Plan(view with { Hosts = [Views.Host(host)] }).Changes.OfType<Change.CreateHost>());
    }
}
