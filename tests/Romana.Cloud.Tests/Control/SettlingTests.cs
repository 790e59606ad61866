using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Tests.Control;

/// <summary>How long a removal waits, by what the ledger knows of earlier calls and by what this pass made.</summary>
public sealed class SettlingTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);

    [Theory]
    // Made by an earlier pass or process, and relied on: the rest of its settle time.
    [InlineData("10.244.0.0/24", "eni-b", true, 3, true, 7)]
    [InlineData("10.244.0.0/27", "eni-b", true, 3, true, 7)]
    [InlineData("10.244.0.0/24", "eni-b", true, 10, true, 0)]
    // A clock that was set back makes nothing wait longer than the settle time.
    [InlineData("10.244.0.0/24", "eni-b", true, -500, true, 10)]
    // The plan does not rely on it.
    [InlineData("10.244.0.0/24", "eni-b", true, 3, false, 0)]
    // Never answered: it may have been made when it was sent, and the change before it is not remembered.
    [InlineData("10.244.0.0/24", "eni-b", false, 3, true, 7)]
    // Gone a moment ago, of which no plan knows: it may still catch what falls out of a longer route, and of no other.
    [InlineData("10.244.0.0/24", null, true, 3, false, 7)]
    [InlineData("10.244.0.0/26", null, true, 3, false, 0)]
    [InlineData("10.244.0.0/27", null, true, 3, false, 0)]
    [InlineData("10.244.1.0/24", null, true, 3, false, 0)]
    // Adopted as it stood: nothing changed.
    [InlineData("10.244.0.0/24", "eni-a", true, 3, true, 0)]
    public void By_the_ledger(string destination, string? to, bool settled, int age, bool relies, int left)
    {
        var settling = new Settling(Ledger(Entry(destination, to, settled, age)), Settle, Now);
        var removal = Removal() with { AwaitsEarlier = relies ? [Cidr.Parse(destination)] : [] };
        Assert.Equal(left, settling.Left(removal, TimeSpan.Zero).TotalSeconds, 3);
        Assert.Equal(left == 0 ? 0 : left - 4, settling.Left(removal, TimeSpan.FromSeconds(4)).TotalSeconds, 3);
    }

    [Theory]
    [InlineData("10.244.0.0/24", 8)]
    // The plan says that the removal relies on none of this pass's changes.
    [InlineData("", 0)]
    [InlineData("10.244.1.0/24", 0)]
    public void By_what_this_pass_made(string awaits, int left)
    {
        var settling = new Settling(Ledger(), Settle, Now);
        settling.Made(Cidr.Parse("10.244.0.0/24"), TimeSpan.FromSeconds(100));
        var removal = Removal() with { Awaits = awaits.Length == 0 ? [] : [Cidr.Parse(awaits)] };
        Assert.Equal(left, settling.Left(removal, TimeSpan.FromSeconds(102)).TotalSeconds, 3);
    }

    [Fact]
    public void What_was_in_doubt_and_is_changed_by_this_pass_settles_from_then_on()
    {
        var settling = new Settling(Ledger(Entry("10.244.0.0/24", "eni-b", false, 60)), Settle, Now);
        var removal = Removal() with { AwaitsEarlier = [Cidr.Parse("10.244.0.0/24")] };
        settling.Made(Cidr.Parse("10.244.0.0/24"), TimeSpan.FromSeconds(1));
        Assert.Equal(8, settling.Left(removal, TimeSpan.FromSeconds(3)).TotalSeconds, 3);
        settling = new Settling(Ledger(Entry("10.244.0.0/24", "eni-b", true, 60)), Settle, Now);
        settling.Made(Cidr.Parse("10.244.0.0/24"), TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, settling.Left(removal, TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public void Creates_and_replaces_wait_only_for_what_the_plan_says_that_they_rely_on()
    {
        var settling = new Settling(Ledger(Entry("10.244.0.0/24", "eni-b", true, 1)), Settle, Now);
        var replace = Removal() with { Op = RouteOp.Replace };
        Assert.Equal(TimeSpan.Zero, settling.Left(replace, TimeSpan.Zero));
        Assert.Equal(9, settling.Left(replace with { AwaitsEarlier = [Cidr.Parse("10.244.0.0/24")] }, TimeSpan.Zero).TotalSeconds);
    }

    private static RouteChange Removal() => new()
    {
        Table = "rtb-1",
        Op = RouteOp.Delete,
        Destination = Cidr.Parse("10.244.0.0/26"),
        Target = "eni-a",
        From = "eni-a",
    };

    private static LedgerSpec Ledger(params LedgerEntry[] entries) =>
        new() { Table = "rtb-1", Vpc = "vpc-1", Cluster = "default", Entries = [.. entries] };

    private static LedgerEntry Entry(string destination, string? to, bool settled, int age) => new()
    {
        Destination = Cidr.Parse(destination),
        From = "eni-a",
        To = to,
        Settled = settled,
        Term = 1,
        At = Now - TimeSpan.FromSeconds(age),
    };
}
