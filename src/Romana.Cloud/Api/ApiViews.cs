using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Cloud.Views;

namespace Romana.Cloud.Api;

/// <param name="Status">"ok": the process answers, which is all that it says.</param>
public sealed record HealthView(string Status);

/// <param name="Ready">The term is held and every loop has made a whole pass.</param>
/// <param name="Leading">The store's term is held by this process.</param>
public sealed record ReadyView(
    bool Ready, bool Leading, long Term, ImmutableArray<PassView> Passes, ImmutableArray<StandingConditionView> Conditions);

/// <param name="About">"topology", "rtb-...", "host NAME".</param>
public sealed record StandingConditionView(string About, ConditionView Condition);

/// <summary>The newest pass of one loop.</summary>
/// <param name="Verdict">"done", "retry" or "give-up".</param>
/// <param name="Seconds">How long it took.</param>
public sealed record PassView(string Loop, DateTimeOffset At, double Seconds, string Verdict, string? Reason, int Changes)
{
    public static PassView Of(PassReport pass)
    {
        ArgumentNullException.ThrowIfNull(pass);
        return new(pass.Loop, pass.At, pass.Took.TotalSeconds, pass.Verdict, pass.Reason, pass.Changes);
    }
}
