using System.Collections.Concurrent;
using System.Globalization;
using Romana.Demo.Clocks;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Show;

/// <summary>The whole demo: a VPC, `romana controller` as a child process, and what becomes of them.</summary>
internal sealed class DemoRun(DemoOptions options, Screen screen, string program, TimeProvider clock)
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int HostsOfASmallRange = 100;
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(500);

    /// <summary>From a child's end by a signal to our own knowledge of the same signal, on a busy machine.</summary>
    private static readonly TimeSpan SignalLag = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BetweenEvents = TimeSpan.FromSeconds(8);

    private readonly ConcurrentQueue<string> _log = new();

    private Cidr PodCidr => Cidr.Parse(options.Hosts <= HostsOfASmallRange ? "10.244.0.0/16" : "10.128.0.0/10");

    /// <summary>0 done, 1 failed.</summary>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("romana-demo-").FullName;
        try
        {
            await using var endpoint = await Ec2Endpoint.StartAsync(Scenario(), new ScaledTimeProvider(options.Speed, clock), 0, cancel).ConfigureAwait(false);
            return await PlayToEndAsync(endpoint, folder, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            screen.Say("");
            screen.Say("Stopped; nothing is left behind.");
            return 0;
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    /// <summary>A child that was cut off in the middle of its words may also be an exception here.</summary>
    private async Task<int> PlayToEndAsync(Ec2Endpoint endpoint, string folder, CancellationToken cancel)
    {
        try
        {
            return await PlayAsync(endpoint, new RomanaChild(program, folder), folder, cancel).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            await Task.Delay(SignalLag, clock, cancel).ConfigureAwait(false);
            throw;
        }
    }

    private VpcScenario Scenario() => new(options.Zones, 2, options.Hosts)
    {
        Behaviour = new Behaviour { RouteQuota = options.Limit },
        AllowedPodCidrs = [PodCidr],
    };

    private async Task<int> PlayAsync(Ec2Endpoint endpoint, RomanaChild romana, string folder, CancellationToken cancel)
    {
        Introduce(endpoint);
        var live = LiveOptions(endpoint, folder);
        if (!await DrawTopologyAsync(endpoint, romana, Path.Combine(folder, "topology.json"), cancel).ConfigureAwait(false)) return Failed;
        var (printer, settling) = (new PicturePrinter(endpoint.Vpc, screen), new Settling(endpoint.Vpc, romana, live));
        var plans = new PlanPrinter(screen, printer);
        if (await PlanAsync(plans, settling, cancel).ConfigureAwait(false) is not { } plan) return Failed;

        using var feed = new CallFeed(endpoint.Vpc, screen, printer).Attach();
        screen.Head($"$ romana controller --vpc {live[3]}");
        screen.Say("  EC2 calls that change the VPC, as they happen:");
        await using var controller = romana.StartLong(
            Remember, ["controller", .. live, "--listen", "127.0.0.1:0", "--resync", "2", "--audit", "4"]);
        if (!await SettleAsync(settling, controller, cancel).ConfigureAwait(false)) return Failed;
        plans.Compare(plan, feed.Take());
        var reached = printer.Print(await settling.PictureAsync(cancel).ConfigureAwait(false));
        if (options.Once) return reached || await FailAsync("blocks are out of reach: their routes do not fit", "give --limit a higher number", cancel).ConfigureAwait(false) ? Done : Failed;
        await LiveOnAsync(endpoint.Vpc, settling, feed, printer, controller, cancel).ConfigureAwait(false);
        return Failed;
    }

    /// <summary>What the controller is about to do; null when `romana plan` fails.</summary>
    private async Task<PlannedWork?> PlanAsync(PlanPrinter plans, Settling settling, CancellationToken cancel)
    {
        screen.Head("$ romana plan");
        if (await settling.PlanAsync(cancel).ConfigureAwait(false) is not { } plan)
        {
            await FailAsync("romana plan failed", settling.Why, cancel).ConfigureAwait(false);
            return null;
        }

        plans.Print(plan, options.Hosts);
        return plan;
    }

    private void Introduce(Ec2Endpoint endpoint)
    {
        var state = endpoint.Vpc.State;
        screen.Head("Romana demo: pods with real addresses in a VPC that lives on this machine");
        screen.Say($"VPC {state.Vpcs.Keys.First()} {state.Vpcs.Values.First().Cidrs[0]}: {options.Zones} zones, {state.Subnets.Count} subnets, "
            + $"{options.Hosts} hosts, {state.Tables.Count} route tables of {options.Limit} routes.");
        screen.Say($"EC2 endpoint {endpoint.Url}, its clock x{options.Speed.ToString(CultureInfo.InvariantCulture)}. Pods will live in {PodCidr}.");
    }

    private string[] LiveOptions(Ec2Endpoint endpoint, string folder) =>
    [
        "--store", StoreIn(folder),
        "--vpc", endpoint.Vpc.State.Vpcs.Keys.First(),
        "--region", "us-west-2",
        "--endpoint", endpoint.Url.ToString(),
        "--limit", options.Limit.ToString(CultureInfo.InvariantCulture),
        "--rate-scale", options.Speed.ToString(CultureInfo.InvariantCulture),
        "--settle", (10 / options.Speed).ToString("0.###", CultureInfo.InvariantCulture),
    ];

    private async Task<bool> DrawTopologyAsync(Ec2Endpoint endpoint, RomanaChild romana, string path, CancellationToken cancel)
    {
        string[] words =
        [
            "topology", "init", "aws", "--vpc", endpoint.Vpc.State.Vpcs.Keys.First(), "--region", "us-west-2",
            "--endpoint", endpoint.Url.ToString(), "--cidr", PodCidr.ToString(),
        ];
        screen.Head($"$ romana topology init aws --vpc {words[4]} --cidr {PodCidr} > topology.json");
        var drawn = await romana.RunAsync(cancel, words).ConfigureAwait(false);
        if (drawn.ExitCode != 0) return await FailAsync("romana topology init aws failed", drawn.Error, cancel).ConfigureAwait(false);
        await File.WriteAllTextAsync(path, drawn.Output, cancel).ConfigureAwait(false);
        screen.Say("  one segment per zone, divided by subnet, with room for zones to come");

        screen.Head("$ romana topology apply topology.json --new-store");
        var applied = await romana.RunAsync(cancel, "topology", "apply", path, "--new-store", "--store", StoreIn(Path.GetDirectoryName(path)!)).ConfigureAwait(false);
        if (applied.ExitCode != 0) return await FailAsync("romana topology apply failed", applied.Error, cancel).ConfigureAwait(false);
        screen.Say("  committed to romana.db, a SQLite file");
        return true;
    }

    private static string StoreIn(string folder) => Path.Combine(folder, "romana.db");

    /// <summary>Waits until everything is in place; says why when it is not by the deadline.</summary>
    private async Task<bool> SettleAsync(Settling settling, RomanaChild.Running controller, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(options.Deadline), clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            while (!await settling.IsDoneAsync(limit.Token).ConfigureAwait(false))
            {
                cancel.ThrowIfCancellationRequested();
                if (controller.HasExited) return await FailAsync($"romana controller ended with exit code {controller.ExitCode}", LastLines(), cancel).ConfigureAwait(false);
                await Task.Delay(Glance, clock, limit.Token).ConfigureAwait(false);
            }

            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return await FailAsync($"the route tables are not in place after {options.Deadline} s: {settling.Why}", LastLines(), cancel).ConfigureAwait(false);
        }
    }

    private async Task LiveOnAsync(
        SimulatedVpc vpc, Settling settling, CallFeed feed, PicturePrinter printer, RomanaChild.Running controller, CancellationToken cancel)
    {
        screen.Head("Hosts now join, fail and leave. Ctrl-C ends it.");
        var life = new HostLife(vpc, options.Seed, options.Hosts + 1);
        while (!controller.HasExited)
        {
            screen.Head(life.Next());
            await Task.Delay(BetweenEvents, clock, cancel).ConfigureAwait(false);
            var reach = Reachability.Of(vpc, await settling.PictureAsync(cancel).ConfigureAwait(false));
            screen.Say($"  calls: {CallCounts.Words(feed.Take().Changes)}");
            screen.Say($"  {printer.Fill()}; reachable: {reach.Reached} of {reach.Blocks} blocks of running hosts");
        }

        await FailAsync($"romana controller ended with exit code {controller.ExitCode}", LastLines(), cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// Ctrl-C on a terminal reaches the children as well, and a child's end may be seen before the signal is: that it
    /// ended then is no failure.
    /// </summary>
    private async Task<bool> FailAsync(string what, string details, CancellationToken cancel)
    {
        await Task.Delay(SignalLag, clock, cancel).ConfigureAwait(false);
        screen.Bad($"failed: {what}");
        foreach (var line in details.Split('\n', StringSplitOptions.RemoveEmptyEntries)) screen.Say($"  {line}");
        return false;
    }

    private void Remember(string line)
    {
        const int kept = 12;
        if (line.Length > 0) _log.Enqueue(line);
        while (_log.Count > kept) _log.TryDequeue(out _);
    }

    private string LastLines() => string.Join('\n', _log);
}
