using System.Diagnostics;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>The loop over one host's VLANs at work.</summary>
internal sealed class RunningVlans : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly VlanHost _host;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private RunningVlans(VlanHost host)
    {
        _host = host;
        _running = Task.Run(() => host.Loop.RunAsync(_stop.Token));
    }

    /// <summary>Of a host that has settled.</summary>
    public static async Task<RunningVlans> StartAsync(VlanHost host)
    {
        var running = new RunningVlans(host);
        await running.QuietAsync();
        return running;
    }

    /// <summary>
    /// From a change by somebody else until everything was seen to be as before; the look counts. It was the loop that wrote.
    /// </summary>
    public async Task<TimeSpan> HealedAsync(string before, Action harm)
    {
        var writes = _host.Loop.Writes;
        harm();
        var started = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var now = _host.Glance();
            if (now == before && _host.Loop.Writes > writes) return Stopwatch.GetElapsedTime(started);
            if (limit.IsCancellationRequested) Assert.Equal(before, now);
            await Task.Delay(TimeSpan.FromMilliseconds(5), _clock, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    /// <summary>Until the monitors are open: a harm before that would wait for the slow period.</summary>
    private async Task QuietAsync()
    {
        var known = _host.Loop.Last;
        using var limit = new CancellationTokenSource(Limit);
        while (ReferenceEquals(_host.Loop.Last, known)) await Task.Delay(TimeSpan.FromMilliseconds(5), _clock, limit.Token);
    }
}
