using System.Diagnostics;

namespace Romana.Model.Tests;

/// <summary>
/// Grant, acceptance, topology change, death and store restore, every order of steps and a crash between any two: two
/// /29 slots and the /28 over them, three hosts of which two share a name, two leaders of which one is stale for ever, a
/// host whose agent is not admitted yet, one copy of the store that may be made and put back at any time. "Everything"
/// is all of that in one search; its bounds are one topology change, one epoch of each slot until the copy is put back
/// (a block is lent, accepted, recalled and freed; nobody disposes yet of what the dead held) and one more from then on
/// (it is lent again after the review, or taken from the dead). The others look further in fewer directions: what they
/// do not name they leave out. Pods are in none, nor delays: a delay that runs may be over at any step.
/// </summary>
public sealed class StateSpaceTests(ITestOutputHelper output)
{
    private static readonly Bounds Everything = new() { Epochs = 1, EpochsAfterRestore = 1, Commits = 1 };
    private static readonly Bounds StaleLeader = new() { Epochs = 2, Commits = 1, Restore = false, Deaths = false, Admission = false };
    private static readonly Bounds FreshLeader = StaleLeader with { StaleLeader = false };

    public static TheoryData<string, Bounds, Sights> Searches => new()
    {
        { "everything", Everything, Sights.AcceptedAfterCommit | Sights.ReviewEnded | Sights.GrantedAfterReview | Sights.FreedAgain },
        { "stale leader, restore and deaths", StaleLeader with { Restore = true, Deaths = true, Commits = 0 }, Sights.ReviewEnded | Sights.GrantedAfterReview },
        { "stale leader, deaths and topology change", StaleLeader with { Deaths = true }, Sights.AcceptedAfterCommit | Sights.FreedAgain },
        { "restore and topology change", FreshLeader with { Restore = true, EpochsAfterRestore = 1 }, Sights.ReviewEnded | Sights.GrantedAfterReview },
        { "deaths, admission and topology change", FreshLeader with { Deaths = true, Admission = true }, Sights.AcceptedAfterCommit | Sights.FreedAgain },
    };

    /// <summary>The first invariant that the shortest way breaks without that rule.</summary>
    public static TheoryData<Mutation, string> Mutants => new()
    {
        { Mutation.NoProposalCheck, "I11" },
        { Mutation.GrantedBlocksIgnored, "I11" },
        { Mutation.EpochNotCompared, "I11" },
        { Mutation.UidNotCompared, "I1" },
        { Mutation.KeyWithMask, "I2" },
        { Mutation.ListBeforePropose, "I11" },
        { Mutation.BlindPut, "I1" },
    };

    [Theory]
    [MemberData(nameof(Searches))]
    public void I1_I2_I4_I5_I11_I12_hold_in_every_state(string what, Bounds bounds, Sights wanted)
    {
        var started = Stopwatch.GetTimestamp();
        var found = Search.Run(Mutation.None, bounds);
        output.WriteLine($"{what} ({bounds.InWords}): {found}, {Stopwatch.GetElapsedTime(started).TotalSeconds:f1} s");
        Assert.True(found.Violation is null, found.Story);
        Assert.True(found.States < bounds.MaxStates, "the search was not exhaustive");
        Assert.Equal(wanted, found.Seen & wanted);
    }

    [Theory]
    [MemberData(nameof(Mutants))]
    public void A_rule_taken_away_is_missed_where_it_is_needed(Mutation mutation, string invariant)
    {
        var found = Search.Run(mutation, Everything);
        output.WriteLine($"{mutation}: {found}");
        Assert.StartsWith($"{invariant}: ", found.Violation, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_rule_is_taken_away_once() =>
        Assert.Equal(Enum.GetValues<Mutation>().Where(mutation => mutation != Mutation.None), Mutants.Select(row => row.Data.Item1).Order());

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
        FreshLeader with { Epochs = 1, EpochsAfterRestore = 1, Restore = true },
        FreshLeader with { Epochs = 1, Deaths = true, Admission = true },
    };
}
