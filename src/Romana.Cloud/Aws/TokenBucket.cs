namespace Romana.Cloud.Aws;

/// <summary>Leave to send one request.</summary>
/// <param name="Seat">Place among those of one priority; a call that has to go again keeps it.</param>
/// <param name="Departure">Numbers the calls that left.</param>
public readonly record struct Permit(long Seat, long Departure);

/// <summary>
/// A token bucket with a queue: calls leave by priority, then by age. Failover may spend the whole bucket; all else
/// leaves a reserve, which is failover's and takes up what jitter does to the spacing of calls. Slows down when EC2
/// throttles all the same (others share the account's bucket) and recovers with time and with calls that go through.
/// Thread-safe.
/// </summary>
public sealed class TokenBucket : IDisposable
{
    /// <summary>
    /// What calls that can wait may spend. They do not arrive evenly spaced: what left in step may arrive in a heap, so
    /// keep below EC2's own size.
    /// </summary>
    private const double Margin = 0.8;

    private const double SlowestShare = 1.0 / 16;
    private const double RegainedByCall = 0.02;

    /// <summary>Others come and go: a throttling this old says nothing of them any more.</summary>
    private static readonly TimeSpan Regained = TimeSpan.FromSeconds(60);

    private readonly TimeProvider _clock;
    private readonly double _burst;
    private readonly double _calmBurst;
    private readonly double _fullRate;
    private readonly Lock _gate = new();
    private readonly PriorityQueue<(TaskCompletionSource<Permit> Turn, long Seat), (CallPriority, long)> _waiting = new();
    private readonly ITimer _timer;
    private double _tokens;
    private double _calmTokens;
    private double _share = 1;
    private long _filledAt;
    private long _arrivals;
    private long _departures;
    private long _slowedBefore;

    /// <param name="burst">EC2's own size of the bucket.</param>
    public TokenBucket(double burst, double perSecond, TimeProvider clock)
    {
        _clock = clock;
        _burst = Math.Max(1, burst);
        _calmBurst = Math.Max(1, burst * Margin);
        _fullRate = perSecond * (1 + Margin) / 2;
        (_tokens, _calmTokens) = (_burst, _calmBurst);
        _filledAt = clock.GetTimestamp();
        _timer = clock.CreateTimer(_ => Pump(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Present speed as a part of the full one, 1/16 to 1.</summary>
    public double Share
    {
        get
        {
            lock (_gate)
            {
                Fill();
                return _share;
            }
        }
    }

    /// <summary>Calls in the queue.</summary>
    public int Waiting
    {
        get { lock (_gate) return _waiting.Count; }
    }

    /// <summary>
    /// Returns when the caller may send one request. A turn that is there at once is taken even when
    /// <paramref name="cancel"/> has fired: only waiting is given up for it.
    /// </summary>
    /// <param name="again">Of a call that was throttled: it goes before those that came later.</param>
    public async Task<Permit> TakeAsync(CallPriority priority, CancellationToken cancel, Permit? again = null)
    {
        var turn = new TaskCompletionSource<Permit>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            var seat = again?.Seat ?? _arrivals++;
            _waiting.Enqueue((turn, seat), (priority, seat));
        }

        Pump();
        using var registration = cancel.Register(() => turn.TrySetCanceled(cancel));
        return await turn.Task.ConfigureAwait(false);
    }

    /// <summary>
    /// EC2 said no: half the speed, and what was saved up is gone there too. Calls that left before the last slowing
    /// down say nothing of the new speed: a burst that is throttled slows down once.
    /// </summary>
    public void Throttled(Permit refused)
    {
        lock (_gate)
        {
            if (refused.Departure < _slowedBefore) return;
            Fill();
            (_tokens, _calmTokens) = (Math.Min(_tokens, 0), Math.Min(_calmTokens, 0));
            _share = Math.Max(SlowestShare, _share / 2);
            _slowedBefore = _departures;
        }
    }

    /// <summary>A call went through: a little faster again.</summary>
    public void Passed()
    {
        lock (_gate)
        {
            if (_share >= 1) return;
            Fill();
            _share = Math.Min(1, _share + RegainedByCall);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Pump()
    {
        lock (_gate)
        {
            Fill();
            while (_waiting.TryPeek(out var next, out var place) && (Lacking(place) <= 0 || next.Turn.Task.IsCompleted))
            {
                _waiting.Dequeue();

                // A turn that was cancelled while it waited costs nothing.
                if (!next.Turn.TrySetResult(new Permit(next.Seat, _departures))) continue;
                _departures++;
                _tokens--;
                _calmTokens--;
            }

            if (_waiting.TryPeek(out _, out var first)) _timer.Change(Until(Lacking(first)), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Tokens to come before a call of that priority may leave.</summary>
    private double Lacking((CallPriority Priority, long) place) =>
        1 - (place.Priority == CallPriority.Failover ? _tokens : Math.Min(_tokens, _calmTokens));

    /// <summary>Rounded up to the timers' millisecond, else a timer that is early by less fires for nothing.</summary>
    private TimeSpan Until(double lacking) => TimeSpan.FromMilliseconds(Math.Ceiling(lacking / (_fullRate * _share) * 1000));

    private void Fill()
    {
        var now = _clock.GetTimestamp();
        var passed = _clock.GetElapsedTime(_filledAt, now);
        var come = passed.TotalSeconds * _fullRate * _share;
        (_tokens, _calmTokens) = (Math.Min(_burst, _tokens + come), Math.Min(_calmBurst, _calmTokens + come));
        _share = Math.Min(1, _share + (passed / Regained));
        _filledAt = now;
    }
}
