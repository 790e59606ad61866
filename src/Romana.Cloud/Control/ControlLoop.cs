using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Discovery;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// The shape of every loop: a pass, then a wait for "look again", for the time that the verdict names, or for the
/// resync. Events carry nothing: the pass reads everything it needs. The one catch is here.
/// </summary>
internal sealed partial class ControlLoop(
    string name, Func<CancellationToken, Task<Verdict>> pass, Func<TimeSpan> resync, TimeProvider clock, ControllerState state, ILogger log)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RefusedRetry = TimeSpan.FromMinutes(5);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private int _failures;

    /// <summary>Look again; as many wakes as come during a pass make one more pass.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            var verdict = await OnceAsync(cancel).ConfigureAwait(false);
            if (cancel.IsCancellationRequested) return;
            await WaitAsync(verdict is Verdict.RetryAfter retry ? retry.After : resync(), cancel).ConfigureAwait(false);
        }
    }

    /// <summary>One pass with its report; never throws but for a defect of the report itself.</summary>
    public async Task<Verdict> OnceAsync(CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        Verdict verdict;
        try
        {
            verdict = await pass(cancel).ConfigureAwait(false);
            if (verdict is Verdict.Done) _failures = 0;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            verdict = new Verdict.GiveUp("stopped");
        }
        catch (Ec2UnavailableException error)
        {
            verdict = new Verdict.RetryAfter(error.Unauthorized ? RefusedRetry : Backoff(), error.Message);
        }
        catch (HostsUnreadableException error)
        {
            verdict = new Verdict.RetryAfter(Backoff(), error.Message);
        }
        catch (StoreUnavailableException error)
        {
            verdict = new Verdict.RetryAfter(Backoff(), error.Message);
        }
#pragma warning disable CA1031 // The loop's edge: a defect in one pass must not end the controller.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFault(error, name);
            verdict = new Verdict.RetryAfter(Backoff(), $"{error.GetType().Name}: {error.Message}");
        }

        Report(verdict, clock.GetElapsedTime(began));
        return verdict;
    }

    /// <summary>1 s, 2 s, 4 s ... 60 s, back to the start with the first pass that is done.</summary>
    public TimeSpan Backoff()
    {
        var wait = FirstRetry * Math.Pow(2, Math.Min(_failures++, 10));
        return wait < LastRetry ? wait : LastRetry;
    }

    private async Task WaitAsync(TimeSpan longest, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var alarm = clock.CreateTimer(_ => Wake(), null, longest, Timeout.InfiniteTimeSpan);
        try
        {
            await _wake.Reader.ReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The caller's loop condition ends it.
        }
    }

    private void Report(Verdict verdict, TimeSpan took)
    {
        var (word, reason, changes) = verdict switch
        {
            Verdict.Done done => ("done", null, done.Changes),
            Verdict.RetryAfter retry => ("retry", retry.Reason, retry.Changes),
            Verdict.GiveUp giveUp => ("give-up", giveUp.Reason, 0),
            _ => throw new InvalidOperationException("a verdict is done, retry or give-up"),
        };
        var before = state.Current.Passes.GetValueOrDefault(name);
        var isOnTheWay = verdict is Verdict.RetryAfter { After.Ticks: 0 };
        if (reason is not null && reason != before?.Reason && reason != "stopped" && !isOnTheWay) LogUndone(name, word, reason);
        var report = new PassReport(name, clock.GetUtcNow(), took, word, reason, changes, (before?.EverDone ?? false) || word == "done");
        state.Update(current => current with { Passes = current.Passes.SetItem(name, report) });
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Loop}: {Verdict}: {Reason}")]
    private partial void LogUndone(string loop, string verdict, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Loop}: a pass failed")]
    private partial void LogFault(Exception error, string loop);
}
