namespace Romana.Cloud.Aws;

/// <summary>
/// A token bucket with a queue: calls leave by priority, then by age. Slows down when EC2 throttles all the same
/// (others share the account's bucket) and recovers as calls go through. Thread-safe.
/// </summary>
public sealed class TokenBucket : IDisposable
{
    /// <summary>Calls do not arrive evenly spaced: what left in step may arrive in a heap, so keep below EC2's own size.</summary>
    private const double Margin = 0.8;

    private const double SlowestShare = 1.0 / 16;
    private readonly TimeProvider _clock;
    private readonly double _burst;
    private readonly double _fullRate;
    private readonly Lock _gate = new();
    private readonly PriorityQueue<TaskCompletionSource, (CallPriority, long)> _waiting = new();
    private readonly ITimer _timer;
    private double _tokens;
    private double _share = 1;
    private long _filledAt;
    private long _arrivals;

    public TokenBucket(double burst, double perSecond, TimeProvider clock)
    {
        _clock = clock;
        _burst = Math.Max(1, burst * Margin);
        _fullRate = perSecond * (1 + Margin) / 2;
        _tokens = _burst;
        _filledAt = clock.GetTimestamp();
        _timer = clock.CreateTimer(_ => Pump(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Present speed as a part of the full one, 1/16 to 1.</summary>
    public double Share
    {
        get { lock (_gate) return _share; }
    }

    /// <summary>Returns when the caller may send one request.</summary>
    public async Task TakeAsync(CallPriority priority, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = cancel.Register(() => turn.TrySetCanceled(cancel));
        lock (_gate) _waiting.Enqueue(turn, (priority, _arrivals++));
        Pump();
        await turn.Task.ConfigureAwait(false);
    }

    /// <summary>EC2 said no: half the speed, and what was saved up is gone there too.</summary>
    public void Throttled()
    {
        lock (_gate)
        {
            Fill();
            _tokens = Math.Min(_tokens, 0);
            _share = Math.Max(SlowestShare, _share / 2);
        }
    }

    /// <summary>A call went through: a little faster again.</summary>
    public void Passed()
    {
        lock (_gate)
        {
            if (_share >= 1) return;
            Fill();
            _share = Math.Min(1, _share + 0.05);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Pump()
    {
        lock (_gate)
        {
            Fill();
            while (_waiting.Count > 0 && (_tokens >= 1 || _waiting.Peek().Task.IsCompleted))
            {
                // A turn that was cancelled while it waited costs nothing.
                if (_waiting.Dequeue().TrySetResult()) _tokens--;
            }

            if (_waiting.Count > 0) _timer.Change(UntilNext(), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Rounded up to the timers' millisecond, else a timer that is early by less fires for nothing.</summary>
    private TimeSpan UntilNext() => TimeSpan.FromMilliseconds(Math.Ceiling((1 - _tokens) / (_fullRate * _share) * 1000));

    private void Fill()
    {
        var now = _clock.GetTimestamp();
        _tokens = Math.Min(_burst, _tokens + (_clock.GetElapsedTime(_filledAt, now).TotalSeconds * _fullRate * _share));
        _filledAt = now;
    }
}
