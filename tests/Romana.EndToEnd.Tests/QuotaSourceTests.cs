using System.Net.Sockets;
using Amazon.Runtime;
using Microsoft.Extensions.Time.Testing;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Demo.Ec2;
using Romana.EndToEnd.Tests.BadInput;

namespace Romana.EndToEnd.Tests;

/// <summary>Which quota holds: --limit, else what EC2's "full" taught, else Service Quotas, else 500.</summary>
public sealed class QuotaSourceTests
{
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 2);
    private static readonly VpcScenario Of90 = Small with { Behaviour = new Behaviour { RouteQuota = 90 } };

    [Theory]
    [InlineData(null, 90)]
    [InlineData(70, 70)]
    public async Task Service_Quotas_word_holds_unless_the_operator_gives_another(int? limit, int quota)
    {
        await using var rig = await Rig.StartAsync(Of90);
        rig.Options = rig.Options with { Quota = limit };

        var plan = await PlanAsync(rig);

        Assert.All(plan.Plan.Tables, table => Assert.Equal(quota, table.Quota));
        Assert.Equal(limit is null ? 1 : 0, rig.Count("GetServiceQuota"));
        Assert.DoesNotContain(plan.Problems, problem => problem.Contains("Service Quotas", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_EC2_taught_outranks_it()
    {
        await using var rig = await Rig.StartAsync(Of90 with { Hosts = 6 });
        var table = rig.Vpc.State.Tables.Values.First();
        var full = table.Routes.Count + 2;
        rig.Vpc.Update(state => state.With(table with { Quota = full }));
        using var quotas = Quotas(rig);

        await Apply.RunAsync(rig.Options, rig.Parts() with { Quotas = quotas }, Rig.Bounded(TestContext.Current.CancellationToken));

        Assert.Contains(rig.Vpc.Calls, call => call.Outcome == "RouteLimitExceeded");
        Assert.Equal(1, rig.Count("GetServiceQuota"));

        // The table that was full, and no other.
        var tables = rig.State.Current.Plan!.Tables;
        Assert.Contains(tables, one => one.Id != table.Id);
        Assert.All(tables, one => Assert.Equal(one.Id == table.Id ? full : 90, one.Quota));
    }

    [Theory]
    [InlineData("AccessDeniedException", "allow servicequotas:GetServiceQuota", 1)]
    [InlineData("TooManyRequestsException", "--limit", 1)]
    [InlineData("NoSuchResourceException", null, 2)]
    public async Task Without_an_applied_value_the_default_holds_and_a_refusal_is_said_and_no_failure(string code, string? remedy, int calls)
    {
        await using var rig = await Rig.StartAsync(Of90);
        rig.Vpc.Faults.Add(new Fault { Kind = FaultKind.Error, Action = "GetServiceQuota", Code = code, Status = 400, Times = null });
        using var quotas = Quotas(rig);

        var result = await Apply.RunAsync(rig.Options, rig.Parts() with { Quotas = quotas }, Rig.Bounded(TestContext.Current.CancellationToken));

        Assert.Empty(result.Problems);
        Assert.All(rig.State.Current.Plan!.Tables, table => Assert.Equal(500, table.Quota));
        if (remedy is null) Assert.Empty(result.Notes);
        else Assert.Contains(result.Notes, note => note.Contains(code, StringComparison.Ordinal) && note.Contains(remedy, StringComparison.Ordinal) && note.Contains("500 are taken", StringComparison.Ordinal));
        Assert.Equal(calls, rig.Count("GetServiceQuota") + rig.Count("GetAWSDefaultServiceQuota"));
    }

    [Fact]
    public async Task A_service_that_does_not_answer_holds_nothing_up_and_is_said()
    {
        await using var rig = await Rig.StartAsync(Small);

        // It takes the connection and never says a word.
        using var mute = new TcpListener(System.Net.IPAddress.Loopback, 0);
        mute.Start();
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var quotas = new ServiceQuotas(new Uri($"http://{mute.LocalEndpoint}"), "us-west-2", _ => Task.FromResult(Key), clock);

        var read = quotas.ReadAsync(TestContext.Current.CancellationToken);
        using var connection = await mute.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        Assert.False(read.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(3));

        var unread = Assert.IsType<RouteQuota.Unread>(await read.WaitAsync(Rig.Limit, TestContext.Current.CancellationToken));
        Assert.Contains("did not answer in 3 s", unread.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_quota_is_known_some_hours_later_and_a_controller_asks_no_oftener()
    {
        await using var rig = await Rig.StartAsync(Of90, speed: 2000);
        using var quotas = Quotas(rig);
        using var stop = new CancellationTokenSource();
        await using var controller = new RunningController(ControllerHost.RunAsync(rig.Options, rig.Parts() with { Quotas = quotas }, stop.Token), stop);
        await rig.UntilAsync(() => rig.State.Current.Plan is { } plan && plan.Tables.All(table => table.Quota == 90), "the first quota");
        var began = rig.Clock.GetUtcNow();

        rig.Vpc.Behaviour = rig.Vpc.Behaviour with { RouteQuota = 120 };

        await rig.UntilAsync(() => rig.State.Current.Plan!.Tables.All(table => table.Quota == 120), "the new quota");
        Assert.InRange(rig.Count("GetServiceQuota"), 2, 2 + (int)((rig.Clock.GetUtcNow() - began) / TimeSpan.FromHours(6)));
    }

    [Fact]
    public async Task The_program_asks_the_endpoint_that_it_is_given_with_a_signed_request()
    {
        using var folder = new TempFolder();
        await using var rig = await Rig.StartAsync(Of90, speed: 1);
        var run = await ProgramAnswer.Of("preflight", "aws", "--store", folder.Store, "--vpc", rig.Options.Vpc, "--region", "us-west-2",
            "--endpoint", rig.Endpoint.Url.ToString(), "--rate-scale", "100");

        Assert.Contains("quota 90 (in force, by Service Quotas)", run.Out, StringComparison.Ordinal);
        Assert.Equal("ok", Assert.Single(rig.Vpc.Calls, call => call.Action == "GetServiceQuota").Outcome);
    }

    private static ImmutableCredentials Key { get; } = new("AKIATEST", "secret", null);

    /// <summary>On the machine's clock: the rig's runs a hundred times as fast as any answer.</summary>
    private static ServiceQuotas Quotas(Rig rig) => new(rig.Endpoint.Url, "us-west-2", _ => Task.FromResult(Key), TimeProvider.System);

    private static async Task<LivePlanResult> PlanAsync(Rig rig)
    {
        await rig.ApplyAsync(TestContext.Current.CancellationToken);
        using var quotas = Quotas(rig);
        return await LivePlan.ReadAsync(rig.Options, rig.Parts() with { Quotas = quotas }, TestContext.Current.CancellationToken);
    }
}
