using System.Collections.Immutable;
using System.Globalization;
using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Control;

/// <summary>
/// What one leader remembers of routes that somebody else takes away: it puts them back, three times; then the other is
/// stronger, and people must hear of it. A loss counts only when it is sure: a describe had shown the route, lag cannot
/// explain it, or EC2 let us create it once more.
/// </summary>
internal sealed class RouteFights(TimeProvider clock)
{
    public const string Condition = "RouteFight";

    /// <summary>Repairs that are undone before we stop.</summary>
    private const int MostRounds = 3;

    /// <summary>A loss this long after the repair is another story.</summary>
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    /// <summary>After a repair the table is looked at once more: what that look shows can be missed later without a doubt.</summary>
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan FirstRest = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan LongestRest = TimeSpan.FromHours(4);
    private readonly Dictionary<(string Table, Cidr Destination), Contest> _contests = [];
    private readonly Dictionary<string, DateTimeOffset> _readAt = new(StringComparer.Ordinal);
    private readonly HashSet<string> _said = new(StringComparer.Ordinal);

    /// <summary>Destinations whose last repair gets no credit for lag: if the describe does not show it, ask EC2 by a create.</summary>
    public IEnumerable<Cidr> Doubted(string table, DateTimeOffset describedAt) => Of(table)
        .Where(one => one.Value is { Repairs: > 0, IsLost: false, Proved: false } && describedAt - one.Value.RepairedAt >= LookAfter)
        .Select(one => one.Key.Destination);

    /// <summary>Time until a repair wants to be looked at; null: none does.</summary>
    public TimeSpan? UntilLook(DateTimeOffset seenAt)
    {
        var due = _contests.Values.Where(one => one is { Repairs: > 0, IsLost: false } && seenAt - one.RepairedAt < LookAfter)
            .Select(one => (DateTimeOffset?)(one.RepairedAt + LookAfter)).Min();
        return due is null ? null : due.Value > clock.GetUtcNow() ? due.Value - clock.GetUtcNow() : TimeSpan.Zero;
    }

    /// <summary>The operator removes the condition from the stored ledger to say: go on.</summary>
    public void Heed(LedgerSpec stored)
    {
        if (stored.Conditions.Any(one => one is { Type: Condition, IsTrue: true })) _said.Add(stored.Table);
        else if (_said.Remove(stored.Table)) Forget(Of(stored.Table));
    }

    /// <summary>Lays what is believed now beside what the ledger says; once for each describe.</summary>
    /// <param name="sure">Destinations that a describe had shown as the ledger has them.</param>
    public void See(LedgerSpec before, LedgerReading reading, IReadOnlySet<Cidr> sure, DateTimeOffset describedAt)
    {
        if (_readAt.TryGetValue(before.Table, out var last) && last == describedAt) return;
        _readAt[before.Table] = describedAt;
        var now = reading.Table.Routes.Where(route => !route.Propagated).ToDictionary(route => route.Destination, route => route, StringComparer.Ordinal);
        foreach (var entry in before.Entries.Where(entry => entry is { Settled: true, To: not null } && describedAt >= entry.At))
        {
            var route = now.GetValueOrDefault(entry.Destination.ToString());
            if (route?.Target != entry.To) Lose((before.Table, entry.Destination), route, sure.Contains(entry.Destination), describedAt);
        }

        Forget(Of(before.Table).Where(one => !one.Value.IsLost && describedAt - one.Value.RepairedAt > Window));
    }

    /// <summary>Contested destinations that nobody wants any more are no fight.</summary>
    public void Keep(RoutePlan plan)
    {
        if (_contests.Count == 0) return;
        var wanted = plan.Changes.Select(change => (change.Table, change.Destination)).ToHashSet();
        Forget(_contests.Where(one => one.Value.IsLost && !wanted.Contains(one.Key)));
    }

    /// <summary>Routes of ours that somebody turned elsewhere under our eyes: they are ours to turn back, where they are wanted.</summary>
    public ImmutableHashSet<(string Table, Cidr Destination)> Turned() =>
        [.. _contests.Where(one => one.Value is { IsLost: true, Found: not null }).Select(one => one.Key)];

    /// <summary>True while that change is left undone: the fight over it rests, or it would remove what another has put there.</summary>
    public bool Rests(RouteChange change) => _contests.TryGetValue((change.Table, change.Destination), out var one)
        && (one.RestsUntil > clock.GetUtcNow() || change.Op == RouteOp.Delete && one.IsLost && one.Found == change.Target);

    /// <summary>
    /// Takes RouteAlreadyExists for the answer where a repair was only doubted: EC2 has the route and the describe lags.
    /// </summary>
    public TableOutcome Resolve(TableOutcome outcome)
    {
        var stands = outcome.Failures.Where(failure => failure.Outcome.Kind == OutcomeKind.RouteExists
            && _contests.GetValueOrDefault((failure.At.Table, failure.At.Destination)) is { IsLost: true, IsSure: false, Repairs: > 0 }).Select(failure => failure.At).ToHashSet();
        return stands.Count == 0 ? outcome : outcome with
        {
            Results = [.. outcome.Results.Select(result => stands.Contains(result.Change) ? result with { Settled = true, Stands = result.Change.Target, Stood = true } : result)],
            Failures = [.. outcome.Failures.Where(failure => !stands.Contains(failure.At))],
        };
    }

    /// <summary>The answers of a pass; the result is what was put back, for people.</summary>
    public IReadOnlyList<(Cidr Destination, string? Found)> Learn(TableOutcome outcome)
    {
        var repaired = new List<(Cidr, string?)>();
        foreach (var result in outcome.Results)
        {
            var key = (result.Change.Table, result.Change.Destination);
            if (!_contests.TryGetValue(key, out var one) || !one.IsLost) continue;
            if (result is not { Settled: true, Stands: { } stands } || stands != result.Change.Target || result.Change.Op == RouteOp.Delete) continue;
            _contests[key] = result.Stood ? one with { IsLost = false, Proved = true } : one with
            {
                Repairs = one.RestsUntil is null ? one.Repairs + 1 : MostRounds,
                RepairedAt = result.At ?? clock.GetUtcNow(),
                RestsUntil = null,
                IsLost = false,
                Proved = false,
            };
            if (!result.Stood) repaired.Add((result.Change.Destination, one.Found));
        }

        return repaired;
    }

    /// <summary>What the table's condition says; null: there is no fight.</summary>
    public string? Says(string table)
    {
        var fights = Of(table).Where(one => one.Value.Repairs > 1 || one.Value is { Repairs: > 0, IsLost: true, IsSure: true }).OrderBy(one => one.Key.Destination).ToList();
        if (fights.Count == 0) return null;
        var more = fights.Count > 5 ? $" and {fights.Count - 5} more" : "";
        return $"somebody else undoes what we write: {string.Join("; ", fights.Take(5).Select(one => Words(one.Key.Destination, one.Value)))}{more}. "
            + "The usual causes: a cloud controller manager's route controller (run it with --configure-cloud-routes=false), inline routes in Terraform's aws_route_table "
            + "(use aws_route, or ignore_changes = [route]), or another vpc-router or Romana for the same addresses. "
            + $"Stop it, then go on with: romana routes retry --table {table}";
    }

    private static string Words(Cidr destination, Contest one)
    {
        var what = one.Found is null ? "removed" : $"turned to {one.Found}";
        return one.RestsUntil is { } until
            ? $"{destination} was {what} again after {one.Repairs} repairs, and is left so until {until.UtcDateTime.ToString("HH:mm'Z'", CultureInfo.InvariantCulture)}"
            : $"{destination} was {what} again after it was put back";
    }

    private void Lose((string Table, Cidr Destination) key, InventoryRoute? found, bool sure, DateTimeOffset at)
    {
        // Never seen as ours in this leader's life, and now another's: that is a conflict, and none of our business (R2).
        if (found is { Owned: false } && !sure) return;
        var one = _contests.GetValueOrDefault(key) ?? new Contest();
        if (at - one.RepairedAt > Window && one.RestsUntil is null) one = new Contest { Rests = one.Rests };
        one = one with { IsLost = true, IsSure = sure || found is not null, Found = found?.Target };
        if (one.Repairs >= MostRounds && one.RestsUntil is null)
        {
            var rest = FirstRest * Math.Pow(2, Math.Min(one.Rests, 10));
            one = one with { Rests = one.Rests + 1, RestsUntil = clock.GetUtcNow() + (rest < LongestRest ? rest : LongestRest) };
        }

        _contests[key] = one;
    }

    private IEnumerable<KeyValuePair<(string Table, Cidr Destination), Contest>> Of(string table) => _contests.Where(one => one.Key.Table == table);

    private void Forget(IEnumerable<KeyValuePair<(string Table, Cidr Destination), Contest>> over)
    {
        foreach (var one in over.ToList()) _contests.Remove(one.Key);
    }

    private sealed record Contest
    {
        /// <summary>How often it was put back, in one story.</summary>
        public int Repairs { get; init; }

        public DateTimeOffset RepairedAt { get; init; }

        /// <summary>Taken away, and not put back yet.</summary>
        public bool IsLost { get; init; }

        /// <summary>A describe had shown the repair before it was missed.</summary>
        public bool IsSure { get; init; }

        /// <summary>Target that stands in its place; null: nothing does.</summary>
        public string? Found { get; init; }

        /// <summary>EC2 said by RouteAlreadyExists that the last repair stands, whatever describes show.</summary>
        public bool Proved { get; init; }

        public DateTimeOffset? RestsUntil { get; init; }

        /// <summary>Rests so far; each is twice as long as the last.</summary>
        public int Rests { get; init; }
    }
}
