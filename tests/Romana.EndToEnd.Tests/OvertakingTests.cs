using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Demo.Ec2;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>A long pass gives way to news, and news however many keep no pass from getting on.</summary>
public sealed class OvertakingTests
{
    /// <summary>A first convergence of a minute and more behind the token bucket.</summary>
    private static readonly VpcScenario Slow = new(Zones: 1, SubnetsPerZone: 1, Hosts: 30) { Behaviour = new Behaviour { Throttling = false } };

    [Fact]
    public async Task A_dead_routers_cover_moves_while_most_of_a_long_pass_is_still_unsent_and_nothing_is_lost_or_doubled()
    {
        await using var rig = await Rig.StartAsync(Slow, speed: 20);
        rig.Options = rig.Options with { RateScale = 0.1 };
        var source = new SaidHealth();
        await using var controller = rig.Controller(source);
        var (subnet, table) = (rig.Vpc.State.Subnets.Keys.First(), rig.Vpc.State.Tables.Keys.First());
        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is not null && rig.Count("CreateRoute") >= 8, "the first routes");
        var router = rig.CoverOf(table, subnet)!;

        source.Say(rig.State.Current.Inventory!.Hosts.First(host => host.Eni == router).Name, HostHealth.Down);

        await rig.UntilAsync(() => rig.CoverOf(table, subnet) != router, "the new router");
        var made = rig.Count("CreateRoute");
        Assert.InRange(made, 8, 25);
        await rig.UntilAsync(() => rig.State.Current is { Plan.HasChanges: false }, "the rest");
        var creates = rig.Vpc.Calls.Where(call => call.Action == "CreateRoute").ToList();
        Assert.All(creates, call => Assert.Equal("ok", call.Outcome));
        Assert.Equal(creates.Count, creates.DistinctBy(call => (call["RouteTableId"], call["DestinationCidrBlock"])).Count());
        await rig.UntilAsync(() => EntriesAsync(rig).GetAwaiter().GetResult().All(entry => entry.Settled), "a settled ledger");
    }

    [Fact]
    public async Task What_a_pass_that_is_overtaken_did_not_send_leaves_no_tombstone()
    {
        await using var rig = await Rig.StartAsync(Slow, speed: 20);
        rig.Options = rig.Options with { RateScale = 0.1 };
        var source = new SaidHealth();
        var written = new List<ImmutableArray<LedgerEntry>>();
        await using var controller = rig.Controller(source);
        var table = rig.Vpc.State.Tables.Keys.First();
        await rig.UntilAsync(() => rig.Count("CreateRoute") >= 8, "the first routes");
        Assert.Contains(await EntriesAsync(rig), entry => !entry.Settled);

        source.Say("host-30", HostHealth.Suspect);

        await rig.UntilAsync(() =>
        {
            written.Add(EntriesAsync(rig).GetAwaiter().GetResult());
            return rig.State.Current is { Plan.HasChanges: false };
        }, "the end");
        Assert.DoesNotContain(written.SelectMany(entries => entries), entry => entry is { Settled: true, To: null });
    }

    [Fact]
    public async Task News_between_every_plan_and_its_calls_keep_no_pass_from_getting_on_and_are_no_storm_of_writes()
    {
        await using var rig = await Rig.StartAsync(Slow, speed: 20);
        rig.Options = rig.Options with { RateScale = 0.25 };
        var (source, said, batches) = (new SaidHealth(), 0, 0);
        rig.Store = new MortalStore(rig.Store)
        {
            Writing = writes =>
            {
                if (writes[0].Key.Kind != RecordKind.RouteTable || rig.Count("CreateRoute") < 3) return;
                Interlocked.Increment(ref batches);
                // Another host each time: a hold-down stands before one that keeps changing.
                source.Say($"host-{28 - said++ % 26}", HostHealth.Suspect);
            },
        };
        await using var controller = rig.Controller(source);
        await rig.UntilAsync(() => rig.Count("CreateRoute") >= 3, "the first routes");
        var began = rig.Clock.GetTimestamp();
        source.Say("host-29", HostHealth.Suspect);

        await rig.UntilAsync(() => rig.PodRoutes().Count >= 30, "every other host's route");

        // Two batches a pass, and ten passes a second at the most. How many at the least is the machine's affair: on a busy
        // one a pass meets several news at once; that there were some is what makes this a test.
        var most = rig.Clock.GetElapsedTime(began) / TimeSpan.FromMilliseconds(100);
        Assert.InRange(batches, 6, 2 * (int)(most + 2));
    }

    private static async Task<ImmutableArray<LedgerEntry>> EntriesAsync(Rig rig) =>
        [.. (await rig.Store.ListAsync(RecordTypes.Ledgers, Selector.Everything, Consistency.Linearizable, default)).Items.SelectMany(ledger => ledger.Spec.Entries)];
}
