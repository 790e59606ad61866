using System.Text.Json;
using Romana.Demo.Ec2;
using Romana.EndToEnd.Tests.BadInput;

namespace Romana.EndToEnd.Tests;

/// <summary>A real controller makes each kind of event happen; `romana events` and /v1/events tell of it in the same words.</summary>
public sealed class EventKindsTests : IDisposable
{
    private const string Limit = "12";
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 4);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Conflict_aggregation_failover_fight_and_brake_are_told_as_they_come_and_go()
    {
        await using var rig = await Rig.StartAsync(Small);
        var (table, subnet, nat) = (rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First(), rig.Vpc.State.Gateways.Keys.First());
        var cover = rig.Leaf(subnet)!.Value.ToString();
        rig.Vpc.PutRoute(table, cover, nat);
        using var controller = ControllerProcess.Start(rig, _folder.Path, "--limit", Limit);
        await UntilToldAsync(rig, controller, "Conflict", table, $"{cover} goes to {nat}, not to eni-");

        // Its end: the place is free.
        rig.Vpc.TakeRoute(table, cover);
        await UntilToldAsync(rig, controller, "Conflict", table, "over: ");
        await controller.SettledAsync(rig);

        // Routes of others leave less room than exact routes need, and give it back.
        var others = Enumerable.Range(1, 6).Select(i => $"172.20.{i}.0/24").ToList();
        foreach (var other in others) rig.Vpc.PutRoute(table, other, nat);
        await UntilToldAsync(rig, controller, "Aggregated", table, $"quota {Limit}");
        foreach (var other in others) rig.Vpc.TakeRoute(table, other);
        await UntilToldAsync(rig, controller, "Aggregated", table, "over: ");
        await controller.SettledAsync(rig);

        var router = rig.Vpc.State.Instances.Values.First(one => rig.EniOf(one.Name) == rig.CoverOf(table, subnet)).Name;
        rig.Vpc.Stop(router);
        await UntilToldAsync(rig, controller, "Failover", router, "moved to host-");

        // What a describe has shown as ours, and is gone then, was taken; before that it may be EC2's lag.
        await controller.SettledAsync(rig);
        var looks = rig.Count("DescribeRouteTables");
        await rig.UntilAsync(() => rig.Count("DescribeRouteTables") >= looks + 2, "a look at the new router's route");
        await rig.UntilAsync(() =>
        {
            if (rig.CoverOf(table, subnet) is not null) rig.Vpc.TakeRoute(table, cover);
            return Told(controller, "RouteFight", table, cover);
        }, "the event of a fight");

        foreach (var host in rig.Vpc.State.Instances.Values.Where(one => one.State == InstanceState.Running).ToList()) rig.Vpc.Stop(host.Id);
        await UntilToldAsync(rig, controller, "Brake", table, "look dead at once");

        await ShownAlikeAsync(controller);
    }

    /// <summary>What the API tells is in the store, and the command line shows it the same.</summary>
    private async Task ShownAlikeAsync(ControllerProcess controller)
    {
        var before = Events(controller);
        var shown = JsonDocument.Parse((await ProgramAnswer.Of("events", "--store", _folder.Store, "-o", "json")).IsDone().Out).RootElement.GetProperty("events").EnumerateArray().Select(Words).ToHashSet();
        Assert.Subset(shown, before.Select(Words).ToHashSet());
        foreach (var kind in (string[])["Conflict", "Aggregated", "Failover", "RouteFight", "Brake"])
        {
            var only = (await ProgramAnswer.Of("events", "--store", _folder.Store, "--kind", kind)).IsDone().Out;
            Assert.Contains(before.Where(one => one.GetProperty("kind").GetString() == kind), one => only.Contains(one.GetProperty("about").GetString()!, StringComparison.Ordinal));
            Assert.DoesNotContain("Health", only, StringComparison.Ordinal);
        }

        static (string?, string?, string?) Words(JsonElement one) => (one.GetProperty("kind").GetString(), one.GetProperty("about").GetString(), one.GetProperty("message").GetString());
    }

    private static Task UntilToldAsync(Rig rig, ControllerProcess controller, string kind, string about, string words) =>
        rig.UntilAsync(() => Told(controller, kind, about, words), $"the event {kind} about {about}: {words}: {controller.Process.Errors}");

    private static bool Told(ControllerProcess controller, string kind, string about, string words) => Events(controller).Any(one =>
        one.GetProperty("kind").GetString() == kind && one.GetProperty("about").GetString() == about
        && one.GetProperty("message").GetString()!.Contains(words, StringComparison.Ordinal));

    private static List<JsonElement> Events(ControllerProcess controller) =>
        [.. JsonDocument.Parse(controller.GetAsync("/v1/events").GetAwaiter().GetResult().Body).RootElement.GetProperty("events").EnumerateArray()];
}
