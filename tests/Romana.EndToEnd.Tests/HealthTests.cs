using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Cloud.Health;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Demo.Ec2;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

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

    [Theory]
    [InlineData("impaired", HostHealth.Suspect, "EC2's check of the system below")]
    [InlineData("retired", HostHealth.Draining, "EC2 has scheduled instance-retirement")]
    [InlineData("taken back", HostHealth.Draining, "EC2 takes spot instance")]
    public async Task What_EC2_says_of_a_router_takes_its_covers_from_it(string what, HostHealth health, string why)
    {
        await using var rig = await Rig.StartAsync(Small with { SpotEvery = 1 });
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (subnet, table) = (rig.Vpc.State.Subnets.Keys.First(), rig.Vpc.State.Tables.Keys.First());
        var router = rig.CoverOf(table, subnet)!;
        var host = rig.State.Current.Inventory!.Hosts.First(one => one.Eni == router).Name;
        rig.Vpc.ForgetCalls();

        if (what == "impaired") rig.Vpc.Impair(host);
        else if (what == "retired") rig.Vpc.Schedule(host, "instance-retirement", rig.Vpc.Now.AddMinutes(30));
        else rig.Vpc.MarkForTermination(host);

        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is { } now && now != router, "a new router");
        Assert.StartsWith(why, rig.State.Current.Health.Hosts.Values.Single().Why, StringComparison.Ordinal);

        // For people, and for the next controller.
        await rig.UntilAsync(() => Record(rig, host) is { Judged: { Source: "ec2" } judged } && judged.Health == health.ToString(), "the note in its record");

        // Whatever becomes of it, nothing goes back to where it was without need.
        var now = rig.CoverOf(table, subnet);
        if (what != "impaired") return;
        rig.Vpc.Impair(host, impaired: false);
        await rig.UntilAsync(() => Record(rig, host).Judged is null, "the end of the note");
        Assert.Equal(now, rig.CoverOf(table, subnet));
    }

    [Fact]
    public async Task The_next_controller_never_chooses_a_host_that_was_dead_before_it()
    {
        await using var rig = await Rig.StartAsync(Small);
        var source = new SaidHealth();
        var names = rig.Vpc.State.Instances.Values.Select(one => one.Name).Order(StringComparer.Ordinal).ToList();
        await using (var first = Run(rig, source))
        {
            await rig.SettledAsync();
            foreach (var dead in names.Take(2)) source.Say(dead, HostHealth.Down);
            await rig.UntilAsync(() => names.Take(2).All(dead => Record(rig, dead).Judged is { Health: "Down" }), "the notes");
        }

        rig.Vpc.ForgetCalls();

        // Nor does a command that asks no host itself.
        await rig.ApplyAsync(TestContext.Current.CancellationToken);
        AssertNothingLeadsToTheDead();
        Assert.False((await LivePlan.ReadAsync(rig.Options, rig.Parts(), TestContext.Current.CancellationToken)).HasChanges);

        // Silent, as a source is that cannot know anything yet.
        var silent = new SaidHealth();
        await using var second = Run(rig, silent);
        rig.Vpc.Stop(names[2]);
        await rig.UntilAsync(() => rig.State.Current.Inventory?.Hosts.All(host => host.Health == HostHealth.Down) == true, "the last host's end");
        AssertNothingLeadsToTheDead();

        void AssertNothingLeadsToTheDead() =>
            Assert.DoesNotContain(rig.Vpc.Calls, call => call.Mutates && names.Take(2).Any(dead => call["NetworkInterfaceId"] == rig.EniOf(dead)));

        static RunningController Run(Rig rig, IHealthSource source)
        {
            var stop = new CancellationTokenSource();
            return new RunningController(ControllerHost.RunAsync(rig.Options, rig.Parts() with { HealthSources = [source] }, stop.Token), stop);
        }
    }

    [Fact]
    public async Task Without_the_permission_to_read_EC2s_status_a_condition_says_so_and_all_else_works()
    {
        await using var rig = await Rig.StartAsync(Small with { Behaviour = new Behaviour { Denied = [new Denial("DescribeInstanceStatus")] } });
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        await rig.UntilAsync(() => rig.State.Current.Conditions.Any(one => one.Condition is { Type: "StatusUnreadable" } condition
            && condition.Message.Contains("ec2:DescribeInstanceStatus", StringComparison.Ordinal)), "the condition");
    }

    private static HostSpec Record(Rig rig, string host) => rig.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, default)
        .AsTask().GetAwaiter().GetResult().Items.First(one => one.Spec.Name == host).Spec;
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

    public void Say(string host, HostHealth health) => Say(health, host);

    public void Say(HostHealth health, params string[] about)
    {
        var (hosts, say) = _begun.Task.GetAwaiter().GetResult();
        var words = hosts().Where(one => about.Contains(one.Name)).ToDictionary(one => one.Uid, _ => new HostWord(health, "the test says so"));
        Assert.Equal(about.Length, words.Count);
        say(_words = _words with { Hosts = _words.Hosts.SetItems(words) });
    }
}
