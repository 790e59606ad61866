using System.Diagnostics;
using System.Net;
using Romana.Demo.Ec2;
using Romana.EndToEnd.Tests.BadInput;

namespace Romana.EndToEnd.Tests;

/// <summary>The controller as the process that an operator starts, asks, stops and starts twice.</summary>
public sealed class ControllerProcessTests : IDisposable
{
    private static readonly VpcScenario Small = new(Zones: 2, SubnetsPerZone: 1, Hosts: 4) { Foreign = ForeignRoutes.Every };

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_controllers_on_one_file_the_second_names_the_first_and_changes_nothing()
    {
        await using var rig = await Rig.StartAsync(Small);
        using var first = ControllerProcess.Start(rig, _folder.Path);
        await first.SettledAsync(rig);
        var (routes, mutations) = (rig.All(), rig.Mutations);

        using (var second = ControllerProcess.Start(rig, _folder.Path))
        {
            (await ProgramAnswer.Of(second.Process)).IsClear(1, _folder.Store, $"romana controller (process {first.Process.Id})", "Remedy: stop it first");
        }

        Assert.Equal(mutations, rig.Mutations);
        Assert.Equal(HttpStatusCode.OK, (await first.GetAsync("/readyz")).Status);
        await first.Process.KillAsync();
        using var third = ControllerProcess.Start(rig, _folder.Path);
        await third.SettledAsync(rig);
        Assert.Equal(routes, rig.All());
        Assert.Equal(mutations, rig.Mutations);
    }

    [Fact]
    public async Task A_table_that_vanishes_is_dropped_and_work_on_the_others_goes_on()
    {
        await using var rig = await Rig.StartAsync(Small);
        using var controller = ControllerProcess.Start(rig, _folder.Path);
        await controller.SettledAsync(rig);
        var gone = rig.Vpc.State.Tables.Values.First(table => !table.Main).Id;

        rig.Vpc.TakeTable(gone);

        await rig.UntilAsync(() => !controller.GetAsync("/v1/routes").GetAwaiter().GetResult().Body.Contains(gone, StringComparison.Ordinal), "the ledger without the table");
        await controller.SettledAsync(rig);
        var tags = rig.Vpc.State.Instances.Values.First(one => one.Name == "host-1").Tags.SetItem("Name", "late");
        rig.Vpc.Launch(new Launch { SubnetId = rig.Vpc.State.Subnets.Keys.First(), Name = "late", Tags = tags });
        await rig.UntilAsync(() => rig.PodRoutes().Any(route => route.EndsWith(rig.EniOf("late"), StringComparison.Ordinal)), $"a route in the tables that are left: {controller.Process.Errors}");
        await EndsWellAsync(controller.Process, "TERM");
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_ends_it_within_two_seconds_and_leaves_a_good_store(string signal)
    {
        await using var rig = await Rig.StartAsync(Small);
        using var controller = ControllerProcess.Start(rig, _folder.Path);
        await controller.SettledAsync(rig);
        var blocks = (await controller.GetAsync("/v1/blocks")).Body;

        await EndsWellAsync(controller.Process, signal);

        var shown = (await ProgramAnswer.Of("blocks", "--store", _folder.Store, "-o", "json")).IsDone();
        Assert.Equal((blocks, ""), (shown.Out.TrimEnd(), shown.Error));
        rig.Vpc.ForgetCalls();
        (await ProgramAnswer.Of(RomanaProcess.Start(rig, _folder.Path, "apply", "--yes"))).IsDone();
        Assert.Equal(0, rig.Mutations);
    }

    [Theory]
    [InlineData("TERM", 1)]
    [InlineData("INT", 6)]
    public async Task A_signal_in_the_middle_of_the_work_ends_it_too_and_the_next_one_finishes(string signal, int calls)
    {
        await using var rig = await Rig.StartAsync(Small);
        var others = rig.OtherRoutes();
        using (var controller = ControllerProcess.Start(rig, _folder.Path))
        {
            await rig.UntilAsync(() => rig.Mutations >= calls, $"{calls} mutating calls");
            await EndsWellAsync(controller.Process, signal);
        }

        (await ProgramAnswer.Of(RomanaProcess.Start(rig, _folder.Path, "apply", "--yes"))).IsDone();
        rig.Vpc.ForgetCalls();
        (await ProgramAnswer.Of(RomanaProcess.Start(rig, _folder.Path, "apply", "--yes"))).IsDone();
        Assert.Equal(0, rig.Mutations);
        Assert.Equal(others, rig.OtherRoutes());
    }

    [Fact]
    public async Task Its_API_answers_what_the_command_line_shows()
    {
        await using var rig = await Rig.StartAsync(Small);
        using var controller = ControllerProcess.Start(rig, _folder.Path);
        await controller.SettledAsync(rig);

        foreach (var path in (string[])["/healthz", "/readyz", "/v1/plan", "/openapi/v1.json", "/metrics"])
            Assert.Equal(HttpStatusCode.OK, (await controller.GetAsync(path)).Status);
        foreach (var (path, command) in ((string, string)[])[("/v1/hosts", "hosts"), ("/v1/blocks", "blocks"), ("/v1/routes", "routes show")])
        {
            var shown = (await ProgramAnswer.Of([.. command.Split(' '), "--store", _folder.Store, "-o", "json"])).IsDone();
            Assert.Equal((await controller.GetAsync(path)).Body, shown.Out.TrimEnd());
        }

        Assert.Contains("service_name=\"romana\"", (await controller.GetAsync("/metrics")).Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await controller.GetAsync("/v1/nothing")).Status);
    }

    [Fact]
    public async Task A_taken_port_is_one_clear_message()
    {
        await using var rig = await Rig.StartAsync(Small);
        var port = rig.Endpoint.Url.Port;
        using var controller = RomanaProcess.Start(rig, _folder.Path, "controller", "--listen", $"127.0.0.1:{port}");
        (await ProgramAnswer.Of(controller)).IsClear(1, $"--listen 127.0.0.1:{port}", "Remedy: stop what listens there");
    }

    [Fact]
    public async Task An_open_address_without_a_token_is_refused_before_anything_is_made()
    {
        await using var rig = await Rig.StartAsync(Small);
        using var controller = RomanaProcess.Start(rig, _folder.Path, "controller", "--listen", "0.0.0.0:9604");
        (await ProgramAnswer.Of(controller)).IsClear(2, "0.0.0.0:9604", "Remedy: add --api-token-file");
        Assert.False(File.Exists(_folder.Store));
        Assert.Empty(rig.Vpc.Calls);
    }

    /// <summary>Exit code 0, nothing on standard output, no stack trace, two seconds at the most.</summary>
    private static async Task EndsWellAsync(RomanaProcess process, string signal)
    {
        var since = Stopwatch.GetTimestamp();
        process.Signal(signal);
        var (exitCode, output, errors) = await process.EndAsync();
        var took = Stopwatch.GetElapsedTime(since);
        Assert.True(exitCode == 0, $"exit code {exitCode}: {errors}");
        Assert.Empty(output);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }
}
