using System.Threading.Channels;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>What is new for a plan that is being carried out.</summary>
internal enum PlanNews
{
    None,

    /// <summary>Hosts, blocks or topology: nobody loses packets by it, so it can wait a little.</summary>
    Work,

    /// <summary>Who may lead.</summary>
    Health,
}

/// <summary>
/// Tells a pass under way that the world it was planned on is gone. News of health tell it at once. That a pass over
/// hosts and blocks changed something is often no news for the routes (it noted what they did), so the inputs are read
/// again and compared; and what is real but not urgent waits until the pass has had some time, else a growing cluster
/// would spend its writes on intents that are never sent.
/// </summary>
internal sealed class Overtaking : IAsyncDisposable
{
    /// <summary>Least time of a pass before work overtakes it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);
    private readonly World _world;
    private readonly TimeProvider _clock;
    private readonly long _began;
    private readonly CancellationTokenSource _overtaken = new();
    private readonly CancellationTokenSource _over;
    private readonly TaskCompletionSource _health = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<bool> _work = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private Task _watch = Task.CompletedTask;

    /// <summary>From here on everything is news: begun before the pass reads.</summary>
    public Overtaking(World world, TimeProvider clock, CancellationToken cancel)
    {
        (_world, _clock, _began) = (world, clock, clock.GetTimestamp());
        _over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        world.Told += Hear;
    }

    /// <summary>Fires when the pass is overtaken.</summary>
    public CancellationToken Token => _overtaken.Token;

    /// <summary>The plan is there and is about to be carried out.</summary>
    /// <param name="look">Reads the inputs again and compares them with the plan's.</param>
    public void Watch(Func<CancellationToken, Task<PlanNews>> look)
    {
        if (_health.Task.IsCompleted) _overtaken.Cancel();
        else _watch = Task.WhenAll(WatchHealthAsync(), WatchWorkAsync(look));
    }

    public async ValueTask DisposeAsync()
    {
        _world.Told -= Hear;
        await _over.CancelAsync().ConfigureAwait(false);
        await _watch.ConfigureAwait(false);
        _over.Dispose();
        _overtaken.Dispose();
    }

    private void Hear(Changed by)
    {
        if (by == Changed.Health) _health.TrySetResult();
        else if (by == Changed.Hosts) _work.Writer.TryWrite(true);
    }

    private async Task WatchHealthAsync()
    {
        try
        {
            await _health.Task.WaitAsync(_over.Token).ConfigureAwait(false);
            await _overtaken.CancelAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
            // The pass is over.
        }
    }

    private async Task WatchWorkAsync(Func<CancellationToken, Task<PlanNews>> look)
    {
        try
        {
            while (!_overtaken.IsCancellationRequested)
            {
                await _work.Reader.ReadAsync(_over.Token).ConfigureAwait(false);
                var news = await LookAsync(look).ConfigureAwait(false);
                var left = Patience - _clock.GetElapsedTime(_began);
                if (news == PlanNews.Health || news == PlanNews.Work && left <= TimeSpan.Zero)
                {
                    await _overtaken.CancelAsync().ConfigureAwait(false);
                    return;
                }

                // Real news come again when their time has come.
                if (news == PlanNews.Work) _work.Writer.TryWrite(true);
                await Task.Delay(left > TimeSpan.Zero && left < BetweenLooks ? left : BetweenLooks, _clock, _over.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
            // The pass is over.
        }
    }

    /// <summary>A store that cannot be read has no news.</summary>
    private async Task<PlanNews> LookAsync(Func<CancellationToken, Task<PlanNews>> look)
    {
        try
        {
            return await look(_over.Token).ConfigureAwait(false);
        }
        catch (StoreUnavailableException)
        {
            return PlanNews.None;
        }
    }
}
