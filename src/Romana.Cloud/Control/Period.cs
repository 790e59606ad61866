namespace Romana.Cloud.Control;

/// <summary>Says when something that is done every so often is due again.</summary>
internal sealed class Period(TimeSpan length, TimeProvider clock)
{
    private long? _doneAt;
    private TimeSpan _next;

    public bool IsDue => IsDueAfter(1);

    /// <summary>It is that many times its length since it was done.</summary>
    public bool IsDueAfter(int times) => _doneAt is not { } at || clock.GetElapsedTime(at) >= times * _next;

    public void Done(TimeSpan? next = null)
    {
        _doneAt = clock.GetTimestamp();
        _next = next ?? length;
    }

    public void Force() => _doneAt = null;

    public TimeSpan Left => LeftOf(1);

    /// <inheritdoc cref="IsDueAfter"/>
    public TimeSpan LeftOf(int times) => _doneAt is { } at && times * _next - clock.GetElapsedTime(at) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
}
