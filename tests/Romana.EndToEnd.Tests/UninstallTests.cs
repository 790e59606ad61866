using Amazon.EC2.Model;
using Romana.Cloud.Control;
using Romana.Demo.Ec2;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>`romana uninstall` right after the controller was killed.</summary>
public sealed class UninstallTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_create_of_the_killed_controller_that_lands_after_uninstall_began_leaves_no_stray_route()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 3));
        rig.Options = rig.Options with { CallTimeout = TimeSpan.FromSeconds(200) };
        Assert.Empty((await rig.ApplyAsync(Cancel)).Problems);
        var (table, entry) = await SentAndUnansweredAsync(rig);
        rig.Vpc.ForgetCalls();

        var uninstall = Uninstall.RunAsync(rig.Options, rig.Parts(), Rig.Bounded(Cancel));
        await rig.UntilAsync(() => rig.Count("DescribeRouteTables") > 0, "the first look");
        var looked = rig.Clock.GetUtcNow();
        await rig.UntilAsync(() => rig.Clock.GetUtcNow() - looked > TimeSpan.FromSeconds(30)
            || rig.Vpc.Calls.Any(call => call.Action == "DeleteRoute" && call["DestinationCidrBlock"] == entry.Destination.ToString() && call["RouteTableId"] == table), "the call's end");
        await rig.Client().CreateRouteAsync(new CreateRouteRequest { RouteTableId = table, DestinationCidrBlock = entry.Destination.ToString(), NetworkInterfaceId = entry.To }, Cancel);

        Assert.Empty((await uninstall).Problems);
        Assert.Empty(rig.PodRoutes());
        Assert.Empty((await rig.Store.ListAsync(RecordTypes.Ledgers, Selector.Everything, Consistency.Linearizable, Cancel)).Items);
    }

    /// <summary>As a controller leaves it that was killed between the intent and the call's arrival.</summary>
    private static async Task<(string Table, LedgerEntry Entry)> SentAndUnansweredAsync(Rig rig)
    {
        var ledger = (await rig.Store.ListAsync(RecordTypes.Ledgers, Selector.Everything, Consistency.Linearizable, Cancel)).Items[0];
        var entry = ledger.Spec.Entries.Last(one => one.To is not null);
        var open = entry with { From = null, Settled = false, At = rig.Clock.GetUtcNow() };
        Assert.IsType<WriteResult.Committed>(await rig.Store.WriteSurelyAsync(
            RecordTypes.Ledgers.UpdateSpec(ledger, Stamp.New(), ledger.Spec with { Entries = ledger.Spec.Entries.Replace(entry, open) }), Cancel));
        rig.Vpc.TakeRoute(ledger.Spec.Table, entry.Destination.ToString());
        return (ledger.Spec.Table, open);
    }
}
