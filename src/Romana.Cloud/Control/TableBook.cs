using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Control;

/// <summary>
/// What one leader remembers of the tables between passes: which changes a describe has shown, quotas that EC2 taught,
/// tables and targets to leave alone for a while. Losing it costs a few describes and nothing else.
/// </summary>
internal sealed class TableBook(TimeProvider clock)
{
    private static readonly TimeSpan QuotaLife = TimeSpan.FromHours(1);
    private static readonly TimeSpan TargetRest = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RefusedRest = TimeSpan.FromMinutes(5);
    private readonly Dictionary<string, ImmutableHashSet<Cidr>> _confirmed = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Table, IpFamily Family), (int Quota, DateTimeOffset Until)> _quotas = [];
    private readonly Dictionary<(string Table, Cidr Destination, string Target), (string Why, DateTimeOffset Until)> _refused = [];
    private readonly Dictionary<string, DateTimeOffset> _targets = new(StringComparer.Ordinal);
    private readonly BlackholeMemory _blackholes = new(clock);
    private readonly Dictionary<string, (string Why, DateTimeOffset Until)> _resting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _missing = new(StringComparer.Ordinal);

    /// <summary>Routes that somebody else takes away.</summary>
    public RouteFights Fights { get; } = new(clock);

    public LedgerReading Read(LedgerSpec ledger, InventoryTable described, DateTimeOffset describedAt, TimeSpan lag)
    {
        var confirmed = _confirmed.GetValueOrDefault(described.Id, []);
        Fights.Heed(ledger);
        var reading = LedgerReader.Read(ledger, described, confirmed.Union(Fights.Doubted(described.Id, describedAt)), describedAt, lag);
        Fights.See(ledger, reading, confirmed, describedAt);
        _confirmed[described.Id] = reading.Confirmed;
        return reading with { Table = WithQuota(reading.Table) };
    }

    /// <summary>A new change of a destination has to be seen anew.</summary>
    public void Unconfirm(IEnumerable<RouteChange> changes)
    {
        foreach (var change in changes)
            if (_confirmed.TryGetValue(change.Table, out var known)) _confirmed[change.Table] = known.Remove(change.Destination);
    }

    public void Learn(TableOutcome outcome, InventoryTable? table)
    {
        foreach (var (at, stopped) in outcome.Failures) Learn(outcome, table, at, stopped);
    }

    private void Learn(TableOutcome outcome, InventoryTable? table, RouteChange at, MutationOutcome stopped)
    {
        var now = clock.GetUtcNow();
        switch (stopped.Kind)
        {
            case OutcomeKind.LimitExceeded when table is not null:
                _quotas[(outcome.Table, at.Destination.Family)] = (Full(table, at.Destination.Family, outcome), now + QuotaLife);
                break;
            case OutcomeKind.TargetMissing or OutcomeKind.TargetUnhealthy:
                _targets[at.Target] = now + TargetRest;
                break;
            case OutcomeKind.Refused:
                _refused[(at.Table, at.Destination, at.Target)] = (stopped.Message, now + RefusedRest);
                break;
            case OutcomeKind.Unauthorized:
                _resting[outcome.Table] = (stopped.Message, now + RefusedRest);
                break;
            default:
                break;
        }
    }

    /// <summary>Interfaces that EC2 refused as targets lately: their hosts lead nothing, and nothing new is written to them.</summary>
    public IReadOnlySet<string> LostTargets()
    {
        var now = clock.GetUtcNow();
        return _targets.Where(pair => pair.Value > now).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
    }

    /// <inheritdoc cref="BlackholeMemory.Of"/>
    public IReadOnlySet<string> Blackholed(IEnumerable<string> now, Func<string, bool> isSeen) => _blackholes.Of(now, isSeen);

    /// <summary>Why no call is made in that table for a while; null when calls are made.</summary>
    public string? Resting(string table) =>
        _resting.TryGetValue(table, out var rest) && rest.Until > clock.GetUtcNow() ? rest.Why : null;

    /// <summary>That very change was refused lately, or is given up to somebody else for a while.</summary>
    public bool IsRefused(RouteChange change) => Fights.Rests(change)
        || _refused.TryGetValue((change.Table, change.Destination, change.Target), out var rest) && rest.Until > clock.GetUtcNow();

    /// <summary>What a table's condition says of refusals; null when there were none lately.</summary>
    public string? Refusals(string table)
    {
        var now = clock.GetUtcNow();
        var lately = _refused.Where(pair => pair.Key.Table == table && pair.Value.Until > now).OrderBy(pair => pair.Key.Destination)
            .Select(pair => $"{pair.Key.Destination} -> {pair.Key.Target}: {pair.Value.Why}").Take(10).ToList();
        return Resting(table) ?? (lately.Count > 0 ? string.Join("; ", lately) : null);
    }

    /// <summary>Ledgers whose table two complete looks in a row did not show: the table is gone for good.</summary>
    public IReadOnlySet<string> Gone(IEnumerable<string> ledgers, IReadOnlySet<string> seen)
    {
        var gone = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in ledgers)
        {
            if (seen.Contains(id)) _missing.Remove(id);
            else if ((_missing[id] = _missing.GetValueOrDefault(id) + 1) >= 2) gone.Add(id);
        }

        return gone;
    }

    /// <summary>Routes that counted when EC2 said "full": what stood, and what was made in this very pass.</summary>
    private static int Full(InventoryTable table, IpFamily family, TableOutcome outcome)
    {
        var made = outcome.Results.Where(result => result.Settled && result.Change.Destination.Family == family)
            .Sum(result => (result.Change.Op, result.Stands) switch
            {
                (RouteOp.Create, not null) => 1,
                (RouteOp.Delete, null) => -1,
                _ => 0,
            });
        return Math.Max(1, made + Counting(table, family));
    }

    /// <summary>Routes of a family that count against the quota.</summary>
    public static int Counting(InventoryTable table, IpFamily family) =>
        table.Routes.Where(route => Counts(route, family)).Sum(route => route.Weight);

    private static bool Counts(InventoryRoute route, IpFamily family) =>
        route.Target != "local" && !route.Propagated
        && (!Cidr.TryParse(route.Destination, out var cidr, out _) || cidr.Family == family);

    private InventoryTable WithQuota(InventoryTable table)
    {
        var now = clock.GetUtcNow();
        int Of(IpFamily family) => _quotas.TryGetValue((table.Id, family), out var learnt) && learnt.Until > now
            ? Math.Min(learnt.Quota, table.Quota.Of(family)) : table.Quota.Of(family);
        return table with { Quota = new TableQuota(Of(IpFamily.IPv4), Of(IpFamily.IPv6)) };
    }
}
