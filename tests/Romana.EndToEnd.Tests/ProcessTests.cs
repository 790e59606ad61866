using System.Text.Json;
using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests;

/// <summary>The program itself: its commands, their exit codes, and SIGKILL.</summary>
public sealed class ProcessTests
{
    private static readonly VpcScenario Small = new(Zones: 2, SubnetsPerZone: 1, Hosts: 4) { Foreign = ForeignRoutes.Every };

    [Fact]
    public async Task Killed_with_SIGKILL_at_several_moments_the_next_controller_converges_to_the_same_tables()
    {
        await using var clean = await Rig.StartAsync(Small);
        var others = clean.OtherRoutes();
        await clean.ApplyAsync(TestContext.Current.CancellationToken);
        await using var rig = await Rig.StartAsync(Small);
        using var folder = new TempFolder();
        var topology = folder.File("topology.json", rig.Topology);
        foreach (var calls in (int[])[2, 7, 13])
        {
            using var victim = Controller(rig, folder, topology);
            await rig.UntilAsync(() => rig.Mutations >= calls, $"{calls} mutating calls");
            await victim.KillAsync();
        }

        using var last = Controller(rig, folder, topology);
        await rig.UntilAsync(() => rig.PodRoutes().SetEquals(clean.PodRoutes()), "the same tables as without a death");
        Assert.Equal(others, rig.OtherRoutes());
    }

    [Fact]
    public async Task Plan_says_3_apply_does_it_plan_says_0_and_uninstall_takes_it_back()
    {
        await using var rig = await Rig.StartAsync(Small);
        using var folder = new TempFolder();
        var before = rig.All();
        var topology = folder.File("topology.json", rig.Topology);
        Assert.Equal(0, (await RunAsync(Topology(folder, topology))).ExitCode);

        var planned = await RunAsync(RomanaProcess.Start(rig, folder.Path, "plan", "-o", "json"));
        Assert.True(planned.ExitCode == 3, planned.Errors);
        var calls = JsonDocument.Parse(planned.Output).RootElement.GetProperty("calls").GetProperty("CreateRoute").GetInt32();
        Assert.Equal(0, rig.Mutations);

        var applied = await RunAsync(RomanaProcess.Start(rig, folder.Path, "apply", "--yes", "-o", "json"));
        Assert.True(applied.ExitCode == 0, applied.Errors);
        Assert.Equal(calls, rig.Count("CreateRoute"));
        Assert.Equal(0, (await RunAsync(RomanaProcess.Start(rig, folder.Path, "plan"))).ExitCode);

        var removed = await RunAsync(RomanaProcess.Start(rig, folder.Path, "uninstall", "--yes"));
        Assert.True(removed.ExitCode == 0, removed.Errors);
        Assert.Equal(before, rig.All());
    }

    [Fact]
    public async Task Wrong_options_are_told_all_at_once_with_exit_code_2_and_no_stack_trace()
    {
        await using var rig = await Rig.StartAsync(Small);
        using var folder = new TempFolder();

        var refused = await RunAsync(RomanaProcess.Start(rig, folder.Path, "plan", "--inventory", "nowhere.json", "--limit", "5000"));

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("nowhere.json", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("--limit", refused.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Errors, StringComparison.Ordinal);
    }

    private static RomanaProcess Controller(Rig rig, TempFolder folder, string topology) =>
        RomanaProcess.Start(rig, folder.Path, "controller", "--topology", topology, "--resync", "1", "--audit", "1", "--listen", "127.0.0.1:0");

    private static RomanaProcess Topology(TempFolder folder, string file) => RomanaProcess.Plain(
        folder.Path, "topology", "apply", file, "--store", Path.Combine(folder.Path, "romana.db"), "--new-store");

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(RomanaProcess process)
    {
        using (process) return await process.EndAsync();
    }
}
