using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Cloud.Health;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Demo.Ec2;
using Romana.Ipam.Hosts;

namespace Romana.EndToEnd.Tests;

/// <summary>The routes follow what the sources of health say, and nothing else.</summary>
public sealed class HealthTests
{
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 3);

    [Theory]
    [InlineData(HostHealth.Down)]
    [InlineData(HostHealth.Suspect)]
    [InlineData(HostHealth.Draining)]
    public async Task A_router_of_which_a_source_speaks_ill_leads_nothing_any_more(HostHealth health)
    {
        await using var rig = await Rig.StartAsync(Small);
        var source = new SaidHealth();
        using var stop = new CancellationTokenSource();
        await using var controller = new RunningController(ControllerHost.RunAsync(rig.Options, rig.Parts() with { HealthSources = [source] }, stop.Token), stop);
        await rig.SettledAsync();
        var (subnet, table) = (rig.Vpc.State.Subnets.Keys.First(), rig.Vpc.State.Tables.Keys.First());
        var router = rig.CoverOf(table, subnet)!;
        var host = rig.State.Current.Inventory!.Hosts.First(one => one.Eni == router).Name;

        source.Say(host, health);

        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is { } now && now != router, "a new router");
        Assert.Equal(health, rig.State.Current.Health.Hosts.Values.Single().Health);
    }

    [Fact]
    public async Task Blindness_is_a_condition_and_moves_nothing()
    {
        await using var rig = await Rig.StartAsync(Small);
        var source = new SaidHealth();
        using var stop = new CancellationTokenSource();
        await using var controller = new RunningController(ControllerHost.RunAsync(rig.Options, rig.Parts() with { HealthSources = [source] }, stop.Token), stop);
        await rig.SettledAsync();
        var (routes, passed) = (rig.All(), rig.State.Current.Passes["routes"].At);

        source.Blind("3 of 3 hosts fell silent at once");

        await rig.UntilAsync(() => rig.State.Current.Conditions.Any(one => one.Condition.Type == "Blind"), "the condition");
        await rig.UntilAsync(() => rig.State.Current.Passes["routes"].At > passed, "another pass");
        Assert.Equal(routes, rig.All());
        source.Blind(null);
        await rig.UntilAsync(() => rig.State.Current.Conditions.All(one => one.Condition.Type != "Blind"), "the end of the condition");
    }
}

/// <summary>A source that says what a test says.</summary>
internal sealed class SaidHealth : IHealthSource
{
    private readonly TaskCompletionSource<(Func<IReadOnlyList<WatchedHost>> Hosts, Action<SourceWords> Say)> _begun = new();
    private SourceWords _words = SourceWords.Nothing;

    public string Name => "said";

    public async Task RunAsync(Func<IReadOnlyList<WatchedHost>> hosts, Action<SourceWords> say, CancellationToken cancel)
    {
        _begun.TrySetResult((hosts, say));
        var end = new TaskCompletionSource();
        await using var ended = cancel.Register(() => end.TrySetResult());
        await end.Task;
    }

    public void Say(string host, HostHealth health)
    {
        var (hosts, say) = _begun.Task.GetAwaiter().GetResult();
        var uid = hosts().First(one => one.Name == host).Uid;
        say(_words = _words with { Hosts = _words.Hosts.SetItem(uid, new HostWord(health, "the test says so")) });
    }

    public void Blind(string? why) => _begun.Task.GetAwaiter().GetResult().Say(_words = _words with { Blind = why });
}
