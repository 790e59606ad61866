using Romana.Demo.Ec2;

namespace Romana.Demo.Show;

/// <summary>Asks `romana` itself whether all is in place: every running host has its blocks and `romana plan` has nothing to do.</summary>
internal sealed class Settling(SimulatedVpc vpc, RomanaChild romana, string[] live)
{
    private const int NothingToDo = 0;
    private const int ChangesPending = 3;

    /// <summary>What was missing at the last look.</summary>
    public string Why { get; private set; } = "the controller has not begun";

    public async Task<bool> IsDoneAsync(CancellationToken cancel)
    {
        var hosts = await romana.RunAsync(cancel, ["hosts", .. Stored]).ConfigureAwait(false);
        if (hosts.ExitCode != 0) return Wait(FirstLine(hosts.Error));
        var picture = Picture.Read(hosts.Output, "{}", "{}");
        var served = picture.Hosts.Where(host => !host.Blocks.IsEmpty).Select(host => host.Name).ToHashSet(StringComparer.Ordinal);
        var waiting = vpc.State.Instances.Values
            .Count(one => one.State == InstanceState.Running && one.Tags.ContainsKey("romana.io/cluster") && !served.Contains(one.Name));
        if (waiting > 0) return Wait($"{waiting} hosts have no block");
        if (await PlanAsync(cancel).ConfigureAwait(false) is not { } plan) return false;
        return plan.Total == 0 || Wait($"{plan.Total} calls are still to be made");
    }

    /// <summary>What `romana plan` would do now; null: it failed, see <see cref="Why"/>.</summary>
    public async Task<PlannedWork?> PlanAsync(CancellationToken cancel)
    {
        var plan = await romana.RunAsync(cancel, ["plan", .. live, "-o", "json"]).ConfigureAwait(false);
        if (plan.ExitCode is NothingToDo or ChangesPending) return PlannedWork.Read(plan.Output);
        Why = FirstLine(plan.Error);
        return null;
    }

    public async Task<Picture> PictureAsync(CancellationToken cancel)
    {
        var hosts = romana.RunAsync(cancel, ["hosts", .. Stored]);
        var routes = romana.RunAsync(cancel, ["routes", "show", .. Stored]);
        var ipam = romana.RunAsync(cancel, ["ipam", "show", .. Stored]);
        return Picture.Read(
            Json(await hosts.ConfigureAwait(false)), Json(await routes.ConfigureAwait(false)), Json(await ipam.ConfigureAwait(false)));
    }

    private string[] Stored => ["--store", live[1], "-o", "json"];

    private static string Json(ChildResult result) => result.ExitCode == 0 ? result.Output : "{}";

    private static string FirstLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault("no answer");

    private bool Wait(string why)
    {
        Why = why;
        return false;
    }
}
