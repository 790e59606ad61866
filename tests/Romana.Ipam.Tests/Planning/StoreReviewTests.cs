using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Planning;

/// <summary>Lost and rewound stores: when a review opens, whom it believes, when it ends.</summary>
public sealed class StoreReviewTests
{
    private static readonly Cidr Block = Cidr.Parse("10.0.0.0/26");

    [Theory]
    [InlineData("second", false)]
    [InlineData("first", true)]
    public void A_review_that_came_back_with_the_copy_is_opened_anew(string rewind, bool isThisOne)
    {
        var view = Reviewed(Views.Now, Claim(1, 0, said: true)) with { Standing = StoreStanding.Rewound, Rewind = rewind };
        var standing = view.Topology!.Spec.Review! with { Rewind = "first" };
        var seen = new Discovery { Sightings = [new HostSighting { Name = "node-1", Evidence = view.Hosts[0].Spec.Evidence }] };
        view = view with { Discovery = seen, Topology = Views.Topology(view.Topology.Spec with { Review = standing }) };

        var plan = LifecyclePlanner.Plan(view);

        Assert.Equal(isThisOne, plan.VouchForStore);
        var review = Assert.Single(plan.Changes.OfType<Change.UpdateTopology>()).Spec.Review;
        if (!isThisOne) Assert.True(review is { Rewind: "second" } && review.Id != standing.Id);
    }

    [Fact]
    public void The_operators_word_ends_a_going_back_too_and_no_epoch_is_used_again()
    {
        var view = View(Claim(1, 5)) with { Standing = StoreStanding.Rewound, Rewind = "first" };

        var trusted = Assert.IsType<Change.UpdateTopology>(TopologyChange.TrustStore(view));

        Assert.Equal((null, 6), (trusted.Spec.Review, trusted.Spec.EpochFloor));
    }

    [Theory]
    [InlineData(StoreStanding.Trusted, false, false)]
    [InlineData(StoreStanding.New, false, false)]
    [InlineData(StoreStanding.Rewound, false, true)]
    [InlineData(StoreStanding.New, true, true)]
    public void I6_the_operators_word_spares_the_rest_only_where_nothing_speaks_against_it(StoreStanding standing, bool held, bool rests)
    {
        var view = Reviewed(Views.Now, Claim(1, held ? 5 : 0)) with { Standing = standing };

        var trusted = Assert.IsType<Change.UpdateTopology>(TopologyChange.TrustStore(view));

        Assert.Equal(rests ? Views.Now : null, trusted.Spec.ReviewEnded);
    }

    [Theory]
    [InlineData(69, 0)]
    [InlineData(70, 1)]
    public void I6_what_a_store_may_have_forgotten_rests_one_reuse_delay_after_its_review(int seconds, int grants)
    {
        var view = Views.Of();
        view = view with { Topology = Views.Topology(view.Topology!.Spec with { ReviewEnded = Views.Now.AddSeconds(-seconds) }) };

        var plan = LifecyclePlanner.Plan(view);

        Assert.Equal((grants, grants == 0), (plan.Grants, plan.Conditions.Any(condition => condition.Type == "StoreReviewed")));
    }

    [Fact]
    public void A_silent_host_that_told_what_it_holds_gets_it_back_when_the_grace_is_over()
    {
        var view = Reviewed(Views.Now.AddMinutes(-6), Claim(1, 5)) with { Blocks = [Views.Block("10.0.0.0/26", 0, BlockIntent.Free, epoch: 4)] };

        var back = Assert.Single(LifecyclePlanner.Plan(view).Changes.OfType<Change.UpdateBlock>()).Spec;

        Assert.Equal((BlockIntent.Lent, 5, new HostUid("h-1")), (back.Intent, back.Epoch, back.Host));
    }

    [Fact]
    public void An_empty_look_does_not_end_the_review_of_an_empty_store()
    {
        var view = Reviewed(Views.Now) with { Hosts = [], Discovery = new Discovery { Sightings = [] } };

        Assert.False(LifecyclePlanner.Plan(view).VouchForStore);
        Assert.True(LifecyclePlanner.Plan(view with { Now = Views.Now.AddMinutes(6) }).VouchForStore);
    }

    [Fact]
    public void The_record_of_a_dead_incarnation_does_not_speak_for_the_host_that_came_back()
    {
        var view = Reviewed(Views.Now, Claim(1, 1, said: true));
        var sighting = new HostSighting { Name = "node-1", Evidence = new HostEvidence { InstanceId = "i-1" } };
        view = view with { Discovery = new Discovery { Sightings = [sighting] }, Blocks = [Views.Block("10.0.0.0/26", 1)] };
        var dead = view.Hosts[0] with { Spec = view.Hosts[0].Spec with { Condition = HostCondition.Dead } };

        Assert.True(LifecyclePlanner.Plan(view).VouchForStore);
        Assert.False(LifecyclePlanner.Plan(view with { Hosts = [dead] }).VouchForStore);
    }

    [Fact]
    public void The_same_epoch_lent_to_another_host_is_a_lost_write()
    {
        var view = View(Claim(1, 5), Claim(2, 0)) with { Blocks = [Views.Block("10.0.0.0/26", 2, epoch: 5)] };

        var opened = Assert.Single(LifecyclePlanner.Plan(view).Changes.OfType<Change.UpdateTopology>());

        Assert.NotNull(opened.Spec.Review);
    }

    [Fact]
    public void Two_claims_on_one_epoch_are_said_and_not_reviewed_again_and_again()
    {
        var view = View(Claim(1, 5), Claim(2, 5)) with { Blocks = [Views.Block("10.0.0.0/26", 2, said: BlockPhase.Accepted, epoch: 5)] };
        var open = LifecyclePlanner.Plan(view);
        Assert.Empty(open.Changes.OfType<Change.UpdateTopology>());
        Assert.Contains(open.Conditions, condition => condition.Type == "Overlap");
    }

    [Fact]
    public void What_a_host_holds_is_not_recalled_any_more_after_the_review()
    {
        var view = Reviewed(Views.Now, Claim(1, 1, said: true)) with { Blocks = [Views.Block("10.0.0.0/26", 1, BlockIntent.Recall, recalledFor: "p")] };

        var back = Assert.Single(LifecyclePlanner.Plan(view).Changes.OfType<Change.UpdateBlock>()).Spec;

        Assert.Equal((BlockIntent.Lent, 1, null), (back.Intent, back.Epoch, back.RecalledFor));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_host_that_has_spoken_is_asked_before_its_block_is_free(bool hasSpoken, bool isFreed)
    {
        var view = View(Claim(1, 0));
        var host = view.Hosts[0] with { Spec = view.Hosts[0].Spec with { AgentAdmitted = false } };
        view = view with { Hosts = [hasSpoken ? host : host with { Status = null }], Blocks = [Views.Block("10.0.0.0/26", 1, BlockIntent.Recall)] };

        Assert.Equal(isFreed, LifecyclePlanner.Plan(view).Changes.OfType<Change.UpdateBlock>().Any(change => change.Spec.Intent == BlockIntent.Free));
    }

    [Fact]
    public void A_proposal_that_a_review_ends_is_refused_by_its_name()
    {
        var view = View(Claim(1, 5));
        var proposal = new TopologyProposal { Id = "p-7", Document = "new", Arenas = [], Deadline = Views.Now.AddMinutes(1) };
        view = view with { Topology = Views.Topology(view.Topology!.Spec with { Proposal = proposal }) };

        var opened = Assert.Single(LifecyclePlanner.Plan(view).Changes.OfType<Change.UpdateTopology>()).Spec;

        Assert.Null(opened.Proposal);
        Assert.Contains(opened.Conditions, refused => refused.Type == TopologyChange.RefusedCondition && refused.Message.StartsWith("p-7", StringComparison.Ordinal));
    }

    /// <summary>Epoch 0: holds nothing.</summary>
    private static TypedRecord<HostSpec, HostStatus> Claim(int host, long epoch, bool said = false) => Views.Host(
        Views.Spec(host, Views.Network(26)),
        new HostStatus { Held = epoch == 0 ? [] : [new HeldBlock(Block, epoch)], HighestEpoch = epoch, SeenReview = said ? "r" : null });

    private static ControllerView View(params TypedRecord<HostSpec, HostStatus>[] hosts) => Views.Of(hosts: 0) with { Hosts = hosts };

    private static ControllerView Reviewed(DateTimeOffset since, params TypedRecord<HostSpec, HostStatus>[] hosts)
    {
        var view = View(hosts);
        return view with { Topology = Views.Topology(view.Topology!.Spec with { Review = new StoreReview("r", since, "lost") }) };
    }
}
