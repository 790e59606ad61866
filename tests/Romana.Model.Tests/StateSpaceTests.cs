using System.Diagnostics;

namespace Romana.Model.Tests;

/// <summary>
/// Grant, acceptance, topology change, death and store restore, every order of steps and a crash between any two: two
/// /29 slots and the /28 over them, three hosts of which two share a name, two leaders of which one is stale for ever.
/// All of it at once has more states than two minutes allow, so each search leaves something out: what it does not
/// name, it leaves out. A second topology change and a third epoch are in none.
/// </summary>
public sealed class StateSpaceTests(ITestOutputHelper output)
{
    private static readonly Bounds StaleLeader = new() { Epochs = 2, Commits = 1, Restore = false, Deaths = false, Admission = false };
    private static readonly Bounds FreshLeader = StaleLeader with { StaleLeader = false };

    public static TheoryData<string, Bounds, Sights> Searches => new()
    {
        { "stale leader, restore and topology change", StaleLeader with { Restore = true, Epochs = 1 }, Sights.AcceptedAfterCommit | Sights.ReviewEnded },
        { "stale leader, restore and deaths", StaleLeader with { Restore = true, Deaths = true, Commits = 0 }, Sights.ReviewEnded | Sights.GrantedAfterReview },
        { "stale leader, deaths, admission and topology change, once", StaleLeader with { Deaths = true, Admission = true, Epochs = 1 }, Sights.AcceptedAfterCommit },
        { "stale leader and topology change", StaleLeader, Sights.AcceptedAfterCommit | Sights.FreedAgain },
        { "deaths, admission and topology change", FreshLeader with { Deaths = true, Admission = true }, Sights.AcceptedAfterCommit | Sights.FreedAgain },
    };

    public static TheoryData<Mutation, Bounds> Mutants => new()
    {
        { Mutation.NoProposalCheck, StaleLeader },
        { Mutation.ListBeforePropose, FreshLeader },
        { Mutation.GrantedBlocksIgnored, FreshLeader },
        { Mutation.BlindPut, StaleLeader },
        { Mutation.EpochNotCompared, FreshLeader with { Restore = true } },
        { Mutation.UidNotCompared, FreshLeader },
        { Mutation.KeyWithMask, StaleLeader },
    };

    [Theory]
    [MemberData(nameof(Searches))]
    public void I1_I2_I4_I5_I11_I12_hold_in_every_state(string what, Bounds bounds, Sights wanted)
    {
        var started = Stopwatch.GetTimestamp();
        var found = Search.Run(Mutation.None, bounds);
        output.WriteLine($"{what}: {found}, {Stopwatch.GetElapsedTime(started).TotalSeconds:f1} s");
        Assert.True(found.Violation is null, found.Story);
        Assert.True(found.States < bounds.MaxStates, "the search was not exhaustive");
        Assert.Equal(wanted, found.Seen & wanted);
    }

    [Theory]
    [MemberData(nameof(Mutants))]
    public void A_rule_taken_away_is_missed(Mutation mutation, Bounds bounds)
    {
        var found = Search.Run(mutation, bounds);
        output.WriteLine($"{mutation}: {found}");
        Assert.NotNull(found.Violation);
    }

    /// <summary>Reading put off, and every read and plan a step of its own, must show the same stores and journals.</summary>
    [Theory]
    [MemberData(nameof(Small))]
    public void The_reduced_search_sees_what_the_full_one_sees(Bounds bounds)
    {
        var reduced = Search.Run(Mutation.None, bounds, outlook: true);
        var full = Search.Run(Mutation.None, bounds with { EveryStep = true }, outlook: true);
        output.WriteLine($"reduced {reduced} {reduced.Outlook}, full {full} {full.Outlook}");
        Assert.Equal((full.Violation, full.Seen, full.Outlook), (reduced.Violation, reduced.Seen, reduced.Outlook));
    }

    public static TheoryData<Bounds> Small => new()
    {
        StaleLeader with { Epochs = 1 },
        FreshLeader with { Epochs = 1, Restore = true },
        FreshLeader with { Epochs = 1, Deaths = true, Admission = true },
    };
}
