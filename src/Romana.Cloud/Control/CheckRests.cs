using Romana.Cloud.Aws;

namespace Romana.Cloud.Control;

/// <summary>
/// Interfaces whose check could not be switched off, each with a rest of its own that grows with every failure in a row:
/// one that EC2 refuses for ever costs a call now and then and holds up no other. Losing it costs a call each.
/// </summary>
internal sealed class CheckRests(TimeProvider clock)
{
    private static readonly (TimeSpan First, TimeSpan Longest) Passing = (TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1));
    private static readonly (TimeSpan First, TimeSpan Longest) Lasting = (TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(15));
    private readonly Dictionary<string, Rest> _rests = new(StringComparer.Ordinal);

    public void Failed(string eni, MutationOutcome outcome)
    {
        var lasts = Lasts(outcome.Kind);
        var before = _rests.GetValueOrDefault(eni);
        var failures = before is not null && before.Lasts == lasts ? before.Failures + 1 : 1;
        var (first, longest) = lasts ? Lasting : Passing;
        var wait = first * Math.Pow(2, Math.Min(failures - 1, 10));
        _rests[eni] = new Rest(outcome, lasts, failures, clock.GetUtcNow() + (wait < longest ? wait : longest));
    }

    public void Passed(string eni) => _rests.Remove(eni);

    /// <summary>Those that nobody wants to be switched off any more begin anew if they come back.</summary>
    public void Keep(IReadOnlySet<string> wanted)
    {
        foreach (var eni in _rests.Keys.Where(eni => !wanted.Contains(eni)).ToList()) _rests.Remove(eni);
    }

    public bool IsDue(string eni) => !_rests.TryGetValue(eni, out var rest) || rest.Until <= clock.GetUtcNow();

    /// <summary>The last answer, if time alone will not change it.</summary>
    public MutationOutcome? Refusal(string eni) => _rests.TryGetValue(eni, out var rest) && rest.Lasts ? rest.Outcome : null;

    /// <summary>Until the first rest is over; zero when none is under way.</summary>
    public TimeSpan Shortest => Left(_rests.Values);

    /// <summary>A failure that time may mend, and until it is worth another try; null when there is none.</summary>
    public (MutationOutcome Outcome, TimeSpan After)? FirstPassing()
    {
        var passing = _rests.Values.Where(rest => !rest.Lasts).ToList();
        return passing.Count == 0 ? null : (passing.MinBy(rest => rest.Until)!.Outcome, Left(passing));
    }

    private TimeSpan Left(IEnumerable<Rest> rests)
    {
        var now = clock.GetUtcNow();
        return rests.Select(rest => rest.Until - now).Where(left => left > TimeSpan.Zero).DefaultIfEmpty().Min();
    }

    private static bool Lasts(OutcomeKind kind) =>
        kind is not (OutcomeKind.Throttled or OutcomeKind.Unknown or OutcomeKind.TermLost or OutcomeKind.TargetMissing);

    private sealed record Rest(MutationOutcome Outcome, bool Lasts, int Failures, DateTimeOffset Until);
}
