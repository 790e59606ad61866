using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Planning;

public sealed class LifecyclePlannerTests
{
    [Theory]
    [InlineData(26, OwnerMode.Host, 1)]
    [InlineData(29, OwnerMode.Host, 2)]
    [InlineData(26, OwnerMode.Tenant, 2)]
    public void Spares_are_granted_ahead_of_need(int mask, OwnerMode owner, int blocks)
    {
        var plan = LifecyclePlanner.Plan(Views.Of(Views.Network(mask, owner)));
        Assert.Equal(blocks, plan.Grants);
        Assert.Equal(Cidr.Parse($"10.0.0.0/{mask}"), Assert.IsType<Change.CreateBlock>(plan.Changes[0]).Spec.Cidr);
    }

    [Fact]
    public void I2_no_grant_overlaps_a_block_of_another_mask()
    {
        var view = Views.Of(hosts: 2) with { Blocks = [Views.Block("10.0.0.64/29", 1, said: BlockPhase.Accepted)] };
        Assert.DoesNotContain(LifecyclePlanner.Plan(view).Changes.OfType<Change.CreateBlock>(), grant => grant.Spec.Cidr.Overlaps(Cidr.Parse("10.0.0.64/26")));
    }

    [Theory]
    [InlineData(1, "10.0.0.64/26")]
    [InlineData(0, "10.0.0.0/26")]
    public void I6_a_free_slot_waits_for_its_delay_and_is_lent_by_cas_with_a_higher_epoch(int minutes, string expected)
    {
        var view = Views.Of() with { Blocks = [Views.Block("10.0.0.0/26", 0, BlockIntent.Free, epoch: 4, freeAfter: Views.Now.AddMinutes(minutes))] };
        var change = Assert.Single(LifecyclePlanner.Plan(view).Changes);
        var spec = change is Change.UpdateBlock update ? update.Spec : Assert.IsType<Change.CreateBlock>(change).Spec;
        Assert.Equal((Cidr.Parse(expected), minutes == 0 ? 5 : 1), (spec.Cidr, spec.Epoch));
    }

    [Theory]
    [InlineData("10.0.0.0/26", 5)]
    [InlineData("10.0.0.64/26", 0)]
    public void A_grant_says_that_it_is_routed_only_where_the_slot_is(string routed, long routedEpoch)
    {
        var plan = LifecyclePlanner.Plan(Views.Of() with
        {
            Blocks = [Views.Block("10.0.0.0/26", 0, BlockIntent.Free, epoch: 4)],
            IsRouted = (block, _) => block == Cidr.Parse(routed),
        });
        var spec = Assert.IsType<Change.UpdateBlock>(Assert.Single(plan.Changes)).Spec;
        Assert.Equal((Cidr.Parse("10.0.0.0/26"), 5, routedEpoch), (spec.Cidr, spec.Epoch, spec.RoutedEpoch));
    }

    [Fact]
    public void Nothing_is_granted_while_a_proposal_or_a_review_is_open()
    {
        var view = Views.Of();
        var proposal = new TopologyProposal { Id = "p", Document = "new", Arenas = [new Arena("pods", Cidr.Parse("10.0.0.0/24"), 26)], Deadline = Views.Now.AddMinutes(1) };
        var open = view with { ProposedLayout = view.Layout, Topology = Views.Topology(view.Topology!.Spec with { Proposal = proposal }) };
        var review = view with { Topology = Views.Topology(view.Topology.Spec with { Review = new StoreReview("r", Views.Now, "empty") }) };
        Assert.Equal((0, GrantsHeld.ProposalOpen), (LifecyclePlanner.Plan(open).Grants, LifecyclePlanner.Plan(open).GrantsHeld));
        Assert.Equal((0, GrantsHeld.StoreUnderReview), (LifecyclePlanner.Plan(review).Grants, LifecyclePlanner.Plan(review).GrantsHeld));
    }

    [Fact]
    public void Spread_leaves_room_beside_and_next_blocks_merge()
    {
        var network = Views.Network(29) with { Placement = Placement.Spread };
        var blocks = LifecyclePlanner.Plan(Views.Of(network, 2)).Changes.OfType<Change.CreateBlock>().Select(grant => grant.Spec.Cidr.ToString());
        Assert.Equal(["10.0.0.0/29", "10.0.0.8/29", "10.0.0.128/29", "10.0.0.136/29"], blocks);
    }

    [Fact]
    public void Thousands_of_grants_in_one_pass_do_not_overlap()
    {
        var plan = LifecyclePlanner.Plan(Views.Of(Views.Network(26, cidr: "10.0.0.0/8") with { Placement = Placement.Spread }, 5000));
        var blocks = plan.Changes.OfType<Change.CreateBlock>().Select(grant => grant.Spec.Cidr).Order().ToList();
        Assert.Equal(5000, blocks.Count);
        Assert.DoesNotContain(blocks.Zip(blocks.Skip(1)), pair => pair.First.Overlaps(pair.Second));
    }

    public static TheoryData<string, BlockIntent, BlockPhase?, long?, string?, bool, BlockIntent?, long> Holdings => new()
    {
        { "returned and unrouted is free", BlockIntent.Recall, BlockPhase.Returned, 1, null, false, BlockIntent.Free, 1 },
        { "I4 a status of another epoch is no word", BlockIntent.Recall, BlockPhase.Returned, 2, null, false, null, 1 },
        { "accepted stays recalled", BlockIntent.Recall, BlockPhase.Accepted, 1, null, false, null, 1 },
        { "a withdrawn proposal's block is lent again", BlockIntent.Recall, BlockPhase.Accepted, 1, "gone", false, BlockIntent.Lent, 1 },
        { "declined is free", BlockIntent.Lent, BlockPhase.Returned, 1, null, false, BlockIntent.Free, 1 },
        { "I12 the dead's block gets a higher epoch first", BlockIntent.Lent, BlockPhase.Returned, 1, null, true, BlockIntent.Recall, 2 },
        { "then it is free", BlockIntent.Recall, BlockPhase.Accepted, 1, BlockSpec.Death, true, BlockIntent.Free, 1 },
    };

    [Theory]
    [MemberData(nameof(Holdings))]
    public void A_held_block_moves_on_proof_only(
        string what, BlockIntent intent, BlockPhase? said, long? saidEpoch, string? recalledFor, bool dead, BlockIntent? expected, long epoch)
    {
        var view = Views.Of(hosts: 0);
        var host = Views.Spec(1, view.Layout!.Networks[0]) with { Condition = dead ? HostCondition.Dead : HostCondition.Draining, Since = Views.Now };
        view = view with { Hosts = [Views.Host(host)], Blocks = [Views.Block("10.0.0.0/26", 1, intent, said, saidEpoch: saidEpoch, recalledFor: recalledFor)] };
        var next = LifecyclePlanner.Plan(view).Changes.OfType<Change.UpdateBlock>().SingleOrDefault()?.Spec;
        Assert.True(expected == next?.Intent, what);
        if (next is not null) Assert.Equal(epoch, next.Epoch);
        var routed = view with { StillRouted = new HashSet<Cidr> { Cidr.Parse("10.0.0.0/26") } };
        Assert.DoesNotContain(LifecyclePlanner.Plan(routed).Changes.OfType<Change.UpdateBlock>(), change => change.Spec.Intent == BlockIntent.Free);
    }

    [Fact]
    public void Overlapping_blocks_are_left_alone_and_said()
    {
        var plan = LifecyclePlanner.Plan(Views.Of(hosts: 2) with
        {
            Blocks = [Views.Block("10.0.0.0/26", 1, said: BlockPhase.Accepted), Views.Block("10.0.0.32/29", 2, said: BlockPhase.Accepted)],
        });
        Assert.Equal(2, plan.LeaveAlone.Length);
        Assert.Empty(plan.Routable);
        Assert.Contains(plan.Conditions, condition => condition.Type == "Overlap");
    }

    [Fact]
    public void What_a_host_holds_and_the_store_lacks_opens_a_review_and_comes_back()
    {
        var view = Views.Of(hosts: 0);
        var spec = Views.Spec(1, view.Layout!.Networks[0]);
        var status = new HostStatus { Held = [new HeldBlock(Cidr.Parse("10.0.0.64/26"), 7)], HighestEpoch = 9 };
        view = view with { Hosts = [Views.Host(spec, status)] };
        var opened = Assert.Single(LifecyclePlanner.Plan(view).Changes.OfType<Change.UpdateTopology>()).Spec.Review!;
        var reviewed = view with
        {
            Hosts = [Views.Host(spec, status with { SeenReview = opened.Id })],
            Topology = Views.Topology(view.Topology!.Spec with { Review = opened }),
            Discovery = new Discovery { Sightings = [new HostSighting { Name = "node-1", Evidence = spec.Evidence }] },
        };
        var back = Assert.Single(LifecyclePlanner.Plan(reviewed).Changes.OfType<Change.CreateBlock>()).Spec;
        Assert.Equal((7, spec.Uid), (back.Epoch, back.Host));
        var ended = LifecyclePlanner.Plan(reviewed with { Blocks = [Views.Block("10.0.0.64/26", 1, epoch: 7)] });
        var topology = Assert.Single(ended.Changes.OfType<Change.UpdateTopology>()).Spec;
        Assert.Equal((null, 10, Views.Now), (topology.Review, topology.EpochFloor, topology.ReviewEnded));
        Assert.True(ended.VouchForStore);
    }

    [Theory]
    [InlineData("i-1", null, "h-1")]
    [InlineData("i-9", "m-1", "h-new-1")]
    [InlineData(null, "m-1", "h-1")]
    [InlineData(null, null, "h-new-1")]
    public void Identity_is_evidence_and_never_a_name(string? instance, string? machine, string expected)
    {
        var view = Views.Of(hosts: 0);
        var known = Views.Spec(1, view.Layout!.Networks[0]) with { Evidence = new HostEvidence { InstanceId = "i-1", MachineId = "m-1" } };
        var sighting = new HostSighting { Name = "node-1", Zone = "a", Evidence = new HostEvidence { InstanceId = instance, MachineId = machine } };
        var plan = LifecyclePlanner.Plan(view with { Hosts = [Views.Host(known)], Discovery = new Discovery { Sightings = [sighting] } });
        var touched = plan.Changes.Select(change => change switch
        {
            Change.CreateHost create => create.Spec,
            Change.UpdateHost update => update.Spec,
            _ => null,
        }).First(host => host?.Zone == "a");
        Assert.Equal(expected, touched!.Uid.Text);
    }

    [Fact]
    public void Absence_is_unknown_and_termination_takes_two_looks()
    {
        var view = Views.Of(hosts: 3);
        ImmutableArray<HostSighting> seen = [Sight(2, SightingState.Terminated), Sight(3, SightingState.Running)];
        for (var look = 0; look < 4; look++)
        {
            var plan = LifecyclePlanner.Plan(view with { Discovery = new Discovery { Sightings = seen } });
            var next = plan.Changes.OfType<Change.UpdateHost>().ToDictionary(change => change.Spec.Uid, change => change.Spec);
            view = view with { Now = view.Now.AddHours(1), Hosts = [.. view.Hosts.Select(host => host with { Spec = next.GetValueOrDefault(host.Spec.Uid, host.Spec) })] };
            var conditions = view.Hosts.Select(host => host.Spec.Condition).ToList();
            HostCondition[] expected = look == 0 ? [HostCondition.Live, HostCondition.Live] : [HostCondition.Unknown, HostCondition.Dead];
            Assert.Equal(expected, conditions.Take(2));
            if (look == 1) return;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void R3_a_look_at_nothing_but_ends_moves_nothing_until_somebody_runs_beside_them(bool forgotten)
    {
        var view = Views.Of(hosts: 3) with { Blocks = [Views.Block("10.0.0.0/26", 1, said: BlockPhase.Accepted)] };
        LifecyclePlan plan = null!;
        void Look(params HostSighting[] sightings)
        {
            plan = LifecyclePlanner.Plan(view with { Discovery = new Discovery { Sightings = [.. sightings] }, FreshUids = [new HostUid("h-new")] });
            Assert.DoesNotContain(plan.Changes, change => change is Change.UpdateBlock);
            var next = plan.Changes.OfType<Change.UpdateHost>().ToDictionary(change => change.Spec.Uid, change => change.Spec);
            view = view with { Hosts = [.. view.Hosts.Select(host => host with { Spec = next.GetValueOrDefault(host.Spec.Uid, host.Spec) })] };
        }

        var ended = Enumerable.Range(1, 3).Select(number => Sight(number, SightingState.Terminated)).ToArray();
        for (var look = 0; look < 4; look++) Look(ended);
        Assert.All(view.Hosts, host => Assert.Equal(HostCondition.Live, host.Spec.Condition));
        Assert.Contains("all 3 hosts", Assert.Single(plan.Conditions, one => one.Type == "AllHostsEnded").Message, StringComparison.Ordinal);

        Look([Sight(4, SightingState.Running), .. forgotten ? [] : ended]);
        Assert.All(view.Hosts, host => Assert.Equal(HostCondition.Dead, host.Spec.Condition));
        Assert.DoesNotContain(plan.Conditions, one => one.Type == "AllHostsEnded");
    }

    private static HostSighting Sight(int number, SightingState state) =>
        new() { Name = $"node-{number}", Evidence = new HostEvidence { InstanceId = $"i-{number}" }, State = state };

    [Theory]
    [InlineData(0, "Free", 2)]
    [InlineData(3, "withdraw", 1)]
    public void I11_a_proposal_commits_when_all_is_given_back_or_is_withdrawn_whole(int used, string _, long generation)
    {
        var view = Views.Of();
        var wider = new Topology { Networks = [Views.Network(25)] };
        var proposal = new TopologyProposal { Id = "p", Document = "new", Arenas = [new Arena("pods", Cidr.Parse("10.0.0.0/24"), 25)], Deadline = Views.Now.AddMinutes(1) };
        var block = used == 0 ? Views.Block("10.0.0.0/26", 0, BlockIntent.Free) : Views.Block("10.0.0.0/26", 1, said: BlockPhase.Accepted, used: used);
        var open = view with { ProposedLayout = wider, Blocks = [block], Topology = Views.Topology(view.Topology!.Spec with { Proposal = proposal }) };
        var next = Assert.Single(LifecyclePlanner.Plan(open).Changes.OfType<Change.UpdateTopology>()).Spec;
        Assert.Equal((generation, null), (next.Generation, next.Proposal));
        Assert.Equal(used > 0, next.Conditions.Any(condition => condition.Type == TopologyChange.RefusedCondition && condition.Message.Contains("10.0.0.0/26", StringComparison.Ordinal)));
    }
}
