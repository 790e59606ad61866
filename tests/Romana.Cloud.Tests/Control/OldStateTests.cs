using Romana.Cloud.Control;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Tests.Control;

/// <summary>A describe shows what an unanswered call meant, and it may be the state from before an earlier change.</summary>
public sealed class OldStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lag = TimeSpan.FromMinutes(5);
    private static readonly Cidr Pod = Cidr.Parse("10.244.0.0/26");

    [Theory]
    // Made a minute before it was to be removed again: nothing shown may be from before it was made.
    [InlineData("eni-a", "", "", false, true)]
    // Turned from a to b, and meant to go back to a.
    [InlineData("eni-a eni-b", "eni-a", "eni-a", false, true)]
    // The same by way of c.
    [InlineData("eni-a eni-b eni-c", "eni-a", "eni-a", false, true)]
    // Made, turned, and to be removed: none stood there once.
    [InlineData("eni-a eni-b", "", "", false, true)]
    // What was never there before is proof.
    [InlineData("eni-a eni-b", "eni-c", "eni-c", true, true)]
    // Removed a minute ago and to be made anew.
    [InlineData("eni-a -", "eni-a", "eni-a", false, true)]
    // The older state is no proof of anything.
    [InlineData("eni-a eni-b", "eni-a", "eni-b", false, false)]
    public void What_stood_there_lately_is_no_proof_until_the_lag_is_over(string history, string wanted, string shown, bool atOnce, bool later)
    {
        var ledger = new LedgerSpec { Table = "rtb-1", Vpc = "vpc-1", Cluster = "default" };
        var at = Now.AddMinutes(-1);
        foreach (var target in history.Split(' ')) ledger = Answered(Meant(ledger, target == "-" ? "" : target, at), target == "-" ? "" : target, at);
        var open = Meant(ledger, wanted, Now);

        Assert.Equal(atOnce, Read(open, shown, Now.AddSeconds(1)).Settled);
        var end = Read(open, shown, Now.AddMinutes(4).AddSeconds(30));
        Assert.Equal(later, end.Settled);
        Assert.Equal(wanted.Length == 0 ? null : wanted, end.To);
        Assert.True(end.LeftAt is null || !end.Settled, "settled, and still in doubt");
    }

    [Fact]
    public void Meant_once_more_it_is_as_doubtful_as_before()
    {
        var ledger = Answered(Meant(new LedgerSpec { Table = "rtb-1", Vpc = "vpc-1", Cluster = "default" }, "eni-a", Now.AddMinutes(-4)), "eni-a", Now.AddMinutes(-4));
        var open = Meant(Meant(ledger, "", Now), "", Now.AddSeconds(50));
        Assert.False(Read(open, "", Now.AddSeconds(55)).Settled);
        Assert.True(Read(open, "", Now.AddSeconds(61)).Settled);
        Assert.Equal(Now.AddMinutes(1), LedgerPlanner.OldUntil(open, Lag)(Change(open, "")));
    }

    private static LedgerEntry Read(LedgerSpec ledger, string shown, DateTimeOffset at) => LedgerReader.Read(ledger, new InventoryTable
    {
        Id = "rtb-1",
        Routes = shown.Length == 0 ? [] : [new InventoryRoute { Destination = Pod.ToString(), Target = shown }],
    }, [], at, Lag).Ledger.Entries.Single();

    private static LedgerSpec Meant(LedgerSpec ledger, string target, DateTimeOffset at) =>
        LedgerPlanner.WithIntents(ledger, [Change(ledger, target)], [], new LedgerPen(1, at));

    private static LedgerSpec Answered(LedgerSpec ledger, string target, DateTimeOffset at) =>
        LedgerPlanner.WithResults(ledger, [new ChangeResult(Change(ledger, target), true, target.Length == 0 ? null : target)], new LedgerPen(1, at));

    private static RouteChange Change(LedgerSpec ledger, string target)
    {
        var stands = ledger.Entries.FirstOrDefault() is { Settled: true } entry ? entry.To : ledger.Entries.FirstOrDefault()?.From;
        return new RouteChange
        {
            Table = "rtb-1",
            Op = target.Length == 0 ? RouteOp.Delete : stands is null ? RouteOp.Create : RouteOp.Replace,
            Destination = Pod,
            Target = target.Length == 0 ? stands ?? "" : target,
            From = stands,
        };
    }
}
