namespace Romana.Demo.Clocks;

/// <summary>
/// A clock that starts now and runs <see cref="Speed"/> times as fast as the one it is made from, so that EC2's token
/// buckets and lags can be lived through in less time. Timers made from it fire earlier by the same factor.
/// </summary>
public sealed class ScaledTimeProvider : TimeProvider
{
    private readonly TimeProvider _inner;
    private readonly DateTimeOffset _startedAt;
    private readonly long _startStamp;

    public ScaledTimeProvider(double speed, TimeProvider? inner = null)
    {
        if (!double.IsFinite(speed) || speed <= 0)
            throw new ArgumentOutOfRangeException(nameof(speed), speed, "a clock's speed is a number above 0");
        Speed = speed;
        _inner = inner ?? System;
        _startedAt = _inner.GetUtcNow();
        _startStamp = _inner.GetTimestamp();
    }

    public double Speed { get; }

    public override long TimestampFrequency => _inner.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => _inner.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() => _startedAt + _inner.GetElapsedTime(_startStamp) * Speed;

    public override long GetTimestamp() => _startStamp + (long)((_inner.GetTimestamp() - _startStamp) * Speed);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new ScaledTimer(_inner.CreateTimer(callback, state, Scale(dueTime), Scale(period)), this);

    /// <summary>Infinite stays infinite; a positive wait never becomes none.</summary>
    private TimeSpan Scale(TimeSpan time)
    {
        if (time <= TimeSpan.Zero) return time;
        var scaled = time / Speed;
        return scaled < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : scaled;
    }

    private sealed class ScaledTimer(ITimer timer, ScaledTimeProvider clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(clock.Scale(dueTime), clock.Scale(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
