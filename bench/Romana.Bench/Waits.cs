namespace Romana.Bench;

/// <summary>Waiting for a condition, never for a time: what is measured begins when it holds, and a limit ends a run that hangs.</summary>
internal static class Waits
{
    private static readonly TimeProvider Clock = TimeProvider.System;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    /// <param name="what">Asked for when the limit is over: what was waited for, with what helps to see why.</param>
    /// <exception cref="TimeoutException"/>
    public static async Task UntilAsync(Func<bool> condition, TimeSpan limit, Func<string> what)
    {
        var began = Clock.GetTimestamp();
        while (!condition())
        {
            if (Clock.GetElapsedTime(began) > limit) throw new TimeoutException($"not in {limit.TotalSeconds:0} s: {what()}");
            await Task.Delay(Moment, Clock);
        }
    }

    /// <summary>Whether something is that long ago: "and nothing more came since".</summary>
    public static bool IsOver(DateTimeOffset since, TimeSpan span) => Clock.GetUtcNow() - since >= span;

    /// <inheritdoc cref="UntilAsync"/>
    public static void Until(Func<bool> condition, TimeSpan limit, Func<string> what) => UntilAsync(condition, limit, what).GetAwaiter().GetResult();
}
