using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Views;
using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests;

/// <summary>Somebody else's hand on our routes: repaired, three times; then it is said and left alone.</summary>
public sealed class FightTests
{
    private static readonly VpcScenario Small = new(Zones: 2, SubnetsPerZone: 1, Hosts: 4);

    [Theory]
    [InlineData(0, false)]
    [InlineData(5, false)]
    [InlineData(0, true)]
    [InlineData(5, true)]
    public async Task The_same_hand_again_within_seconds_is_a_fight_that_ends_after_three_rounds_and_goes_on_at_the_operators_word(int seconds, bool turns)
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (table, cover) = (rig.Vpc.State.Tables.Keys.First(), rig.Leaf(rig.Vpc.State.Subnets.Keys.First())!.Value.ToString());
        var (all, nat) = (rig.All(), rig.Vpc.State.Gateways.Keys.First());
        await LooksAsync(rig, 2);
        rig.Vpc.ForgetCalls();
        using var hand = new Hand(rig, table, cover, TimeSpan.FromSeconds(seconds), turns ? nat : null);

        hand.Strike();

        await rig.UntilAsync(() => Fight(rig, table)?.Contains("is left so until", StringComparison.Ordinal) == true, "the end of the fight");
        Assert.Contains("--configure-cloud-routes=false", Fight(rig, table), StringComparison.Ordinal);
        Assert.Contains("Terraform", Fight(rig, table), StringComparison.Ordinal);
        Assert.Contains(cover, Fight(rig, table), StringComparison.Ordinal);
        Assert.Equal(3, Writes(rig, table, cover));
        Assert.Contains(await EventsAsync(rig), one => one.Kind == "RouteFight" && one.About == table);
        Assert.Contains(await EventsAsync(rig), one => one.Kind == "Drift" && one.About == table && one.Message.Contains(cover, StringComparison.Ordinal));

        // It rests: audits go by, nobody writes, nothing else is touched.
        await LooksAsync(rig, 5);
        Assert.Equal(3, rig.Mutations);

        hand.Dispose();
        var answer = new StringWriter();
        var around = new Surroundings { Out = TextWriter.Null, Error = answer, Clock = rig.Clock, OpenStore = (_, _) => ValueTask.FromResult(new OpenedStore(rig.Store)) };
        Assert.Equal(0, await RomanaProgram.RunAsync(["routes", "retry", "--table", table], around, TestContext.Current.CancellationToken));
        Assert.Contains(table, answer.ToString(), StringComparison.Ordinal);
        await rig.UntilAsync(() => rig.All().SetEquals(all), "the repair after the operator's word");
        await rig.UntilAsync(() => Fight(rig, table) is null, "the end of the condition");
    }

    [Fact]
    public async Task A_deletion_while_describes_lag_by_five_minutes_is_repaired_once_and_is_no_fight()
    {
        await using var rig = await Rig.StartAsync(Small with { Behaviour = new Behaviour { VisibilityLag = TimeSpan.FromMinutes(5) } });
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (table, cover) = (rig.Vpc.State.Tables.Keys.First(), rig.Leaf(rig.Vpc.State.Subnets.Keys.First())!.Value.ToString());
        await LooksAsync(rig, 8);
        var all = rig.All();
        rig.Vpc.ForgetCalls();

        rig.Vpc.TakeRoute(table, cover);

        await rig.UntilAsync(() => rig.All().SetEquals(all), "the repair");
        await LooksAsync(rig, 8);
        Assert.Equal(all, rig.All());
        Assert.Equal(1, rig.Vpc.Calls.Count(call => call.Mutates && call.Outcome == "ok"));
        Assert.InRange(rig.Mutations, 1, 2);
        Assert.DoesNotContain(await EventsAsync(rig), one => one.Kind is "RouteFight" or "Conflict");
    }

    [Fact]
    public async Task A_route_that_is_turned_elsewhere_once_is_turned_back_within_a_minute_and_is_no_fight()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (table, cover) = (rig.Vpc.State.Tables.Keys.First(), rig.Leaf(rig.Vpc.State.Subnets.Keys.First())!.Value.ToString());
        await LooksAsync(rig, 2);
        var all = rig.All();
        rig.Vpc.ForgetCalls();

        rig.Vpc.PutRoute(table, cover, rig.Vpc.State.Gateways.Keys.First());

        await rig.UntilAsync(() => rig.All().SetEquals(all), "the repair");

        // By the first audit that could see it; one more may have been under way.
        Assert.InRange(rig.Vpc.Calls.TakeWhile(call => call.Action != "ReplaceRoute").Count(call => call.Action == "DescribeRouteTables"), 1, 2);
        await LooksAsync(rig, 3);
        Assert.DoesNotContain(await EventsAsync(rig), one => one.Kind is "RouteFight" or "Conflict");
    }

    private static Task LooksAsync(Rig rig, int count)
    {
        var now = rig.Count("DescribeRouteTables");
        return rig.UntilAsync(() => rig.Count("DescribeRouteTables") >= now + count, $"{count} looks at the tables");
    }

    private static int Writes(Rig rig, string table, string destination) => rig.Vpc.Calls.Count(call =>
        call.Mutates && call.Outcome == "ok" && call["RouteTableId"] == table && call["DestinationCidrBlock"] == destination);

    private static string? Fight(Rig rig, string table) => rig.State.Current.Conditions
        .Where(one => one.About == table && one.Condition.Type == "RouteFight").Select(one => one.Condition.Message).FirstOrDefault();

    private static async Task<IReadOnlyList<EventView>> EventsAsync(Rig rig) =>
        (await EventListView.OfAsync(rig.Store, DateTimeOffset.MinValue, TestContext.Current.CancellationToken)).Events;

    /// <summary>Undoes every write of one route, some seconds after it was made.</summary>
    private sealed class Hand : IDisposable
    {
        private readonly Rig _rig;
        private readonly string _table;
        private readonly string _destination;
        private readonly TimeSpan _after;
        private readonly string? _target;
        private volatile bool _still;

        public Hand(Rig rig, string table, string destination, TimeSpan after, string? target)
        {
            (_rig, _table, _destination, _after, _target) = (rig, table, destination, after, target);
            rig.Vpc.Called += Undo;
        }

        public void Strike()
        {
            if (_target is null) _rig.Vpc.TakeRoute(_table, _destination);
            else _rig.Vpc.PutRoute(_table, _destination, _target);
        }

        public void Dispose()
        {
            _still = true;
            _rig.Vpc.Called -= Undo;
        }

        private void Undo(CallRecord call)
        {
            if (!call.Mutates || call.Outcome != "ok" || call["RouteTableId"] != _table || call["DestinationCidrBlock"] != _destination) return;
            if (_after == TimeSpan.Zero) Strike();
            else _ = LaterAsync();
        }

        private async Task LaterAsync()
        {
            await Task.Delay(_after, _rig.Clock);
            if (!_still) Strike();
        }
    }
}
