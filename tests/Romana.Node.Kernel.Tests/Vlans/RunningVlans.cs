using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Node.Agent;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>The agent's loop over one host of the lab at work.</summary>
internal sealed class RunningVlans : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly VlanHost _host;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private readonly KernelLoop _loop;
    private readonly Task _running;

    private RunningVlans(VlanHost host)
    {
        _host = host;
        _loop = new KernelLoop(host.Node.Space, _clock, NullLogger.Instance);
        foreach (var pod in host.Pods) _loop.Admit(pod);
        _loop.Learn(host.Known);
        _running = Task.Run(() => _loop.RunAsync(_stop.Token));
    }

    /// <summary>It has looked twice since its monitors are open, and found nothing to do.</summary>
    public static async Task<RunningVlans> StartAsync(VlanHost host)
    {
        var running = new RunningVlans(host);
        using var limit = new CancellationTokenSource(Limit);
        for (var quiet = 0; quiet < 2;) quiet = (await running._loop.SettleAsync(limit.Token)).IsSettled ? quiet + 1 : 0;
        return running;
    }

    /// <summary>
    /// From a change by somebody else until everything was seen to be as before; the look counts. It was the loop that wrote.
    /// </summary>
    public async Task<TimeSpan> HealedAsync(string before, Action harm)
    {
        var writes = _loop.Writes;
        harm();
        var started = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var now = _host.Glance();
            if (now == before && _loop.Writes > writes) return Stopwatch.GetElapsedTime(started);
            if (limit.IsCancellationRequested) Assert.Equal(before, now);
            await Task.Delay(TimeSpan.FromMilliseconds(5), _clock, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _loop.Dispose();
        _stop.Dispose();
    }
}
