using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Node.Agent;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <summary>The agent's loop over one host of the lab, and a second pair of eyes on what it keeps.</summary>
internal sealed class RunningAgent : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly LabHost _host;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private RunningAgent(LabHost host)
    {
        _host = host;
        Loop = new KernelLoop(host.Node.Space, _clock, NullLogger.Instance);
        foreach (var pod in host.Pods) Loop.Admit(pod);
        BeforeFirst = Loop.Writes;
        Loop.Learn(new(host.Known));
        _running = Task.Run(() => Loop.RunAsync(_stop.Token));
    }

    public KernelLoop Loop { get; }

    /// <summary>Writes that admitting the standing pods took.</summary>
    public long BeforeFirst { get; }

    public static async Task<RunningAgent> StartAsync(LabHost host)
    {
        var agent = new RunningAgent(host);
        await agent.SettledAsync();
        return agent;
    }

    /// <summary>Two passes that had nothing to do: the second looked at what the first may have been told of.</summary>
    public async Task SettledAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        for (var quiet = 0; quiet < 2;) quiet = (await Loop.SettleAsync(limit.Token)).IsSettled ? quiet + 1 : 0;
    }

    /// <summary>Everything of ours, by the system's own tools.</summary>
    public string Dump() => DumpOf(_host);

    public static string DumpOf(LabHost host) => string.Join('\n',
        host.Node.Run("ip", "rule show"), host.Node.Run("ip", "-6 rule show"),
        Sorted(host.Node.Run("ip", "route show table main")), Sorted(host.Node.Run("ip", "-6 route show table main")),
        Table(host, 880), Table(host, 881), host.Node.Run("nft", "-s list ruleset"),
        host.Node.Run("iptables", "-S"), host.Node.Run("ip6tables", "-S"));

    /// <summary>
    /// From a change by somebody else until everything is as before, at the most: a look takes some tens of milliseconds, and
    /// counts. It was the agent that wrote.
    /// </summary>
    public async Task<TimeSpan> HealedAsync(string before, Action harm, Func<string, string>? view = null)
    {
        var writes = Loop.Writes;
        harm();
        var started = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var now = view is null ? Dump() : view(Dump());
            if (now == before && Loop.Writes > writes) return Stopwatch.GetElapsedTime(started);
            if (limit.IsCancellationRequested) Assert.Equal(before, now);
            await Task.Delay(TimeSpan.FromMilliseconds(5), _clock, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Loop.Dispose();
        _stop.Dispose();
    }

    /// <summary>The kernel's order among equals is nobody's.</summary>
    private static string Sorted(string lines) => string.Join('\n', lines.Split('\n').Order(StringComparer.Ordinal));

    /// <summary>`ip` fails on a table that never had a route.</summary>
    private static string Table(LabHost host, uint table) => string.Join('\n', host.Node.Kernel.Routes.List(new RouteFilter { Table = table }));
}
