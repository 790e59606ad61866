using System.Collections.Immutable;
using Romana.Cloud.Discovery;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Planning;
using Romana.Ipam.Routes;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Control;

/// <summary>What one pass over the routes read and planned.</summary>
internal sealed record RoutePicture
{
    public required Topology Topology { get; init; }
    public required Inventory Inventory { get; init; }
    public required RoutePlan Plan { get; init; }
    public ImmutableArray<LeftOutTable> LeftOut { get; init; } = [];

    /// <summary>Managed tables' ledgers as read from the store.</summary>
    public required ImmutableSortedDictionary<string, StoredLedger> Ledgers { get; init; }

    /// <summary>The same with what the newest describe settled.</summary>
    public required ImmutableSortedDictionary<string, LedgerReading> Readings { get; init; }

    /// <summary>Ledgers of tables that are gone.</summary>
    public ImmutableArray<StoredLedger> Gone { get; init; } = [];

    /// <summary>Ledgers of tables that stand but are not chosen any more, where routes of ours may stay.</summary>
    public ImmutableArray<StoredLedger> LeftBehind { get; init; } = [];

    /// <summary>What the describe left open and was assumed; one line each with the remedy.</summary>
    public ImmutableArray<string> Assumed { get; init; } = [];

    /// <summary>Blocks in an overlap: nothing of theirs may be changed.</summary>
    public ImmutableArray<Cidr> LeaveAlone { get; init; } = [];
}

/// <summary>Reads and plans; writes nothing. Shared by the loop, `romana plan` and `romana apply`.</summary>
internal sealed class RouteReader(EngineParts parts, World world)
{
    private static readonly TimeSpan FreshLook = TimeSpan.FromSeconds(5);
    private readonly Period _audit = new(parts.Options.Audit, parts.Clock);
    private SeenVpc? _seen;
    private DateTimeOffset _seenAt;
    private bool _takeoverAudited;

    public TableBook Book { get; } = new(parts.Clock);

    /// <summary>Describe at the next pass, whatever the period says.</summary>
    public void ForceAudit() => _audit.Force();

    public TimeSpan UntilAudit => _audit.Left;

    /// <summary>The newest describe is too old to remove anything by it.</summary>
    public bool LookIsOld => parts.Clock.GetUtcNow() - _seenAt > FreshLook;

    /// <summary>Null without a topology.</summary>
    public async Task<RoutePicture?> ReadAsync(SeenHosts hosts, PlanOptions options, CancellationToken cancel)
    {
        var view = await parts.Views.ReadAsync(cancel).ConfigureAwait(false);
        if (view.Layout is not { } topology) return null;
        var stored = await parts.Views.LedgersAsync(cancel).ConfigureAwait(false);
        var links = view.Hosts.Select(host => host.Spec.PodInterface?.Link).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var (vpc, fresh) = await LookAsync(links, cancel).ConfigureAwait(false);
        var chosen = ManagedTables.Choose(vpc.Tables, vpc.Subnets, links, parts.Options);
        var byTable = stored.ToDictionary(record => record.Spec.Table, StringComparer.Ordinal);
        var ledgers = chosen.Managed.ToImmutableSortedDictionary(table => table.Id,
            table => Ledger(table.Id, byTable.GetValueOrDefault(table.Id)), StringComparer.Ordinal);
        var readings = chosen.Managed.ToImmutableSortedDictionary(table => table.Id,
            table => Book.Read(ledgers[table.Id].Spec, table, _seenAt, parts.Options.VisibilityLag), StringComparer.Ordinal);
        var lifecycle = LifecyclePlanner.Plan(view with { Settings = parts.Lifecycle });
        var inventory = RouteInputs.Inventory(view, lifecycle, hosts, world.Health, vpc,
            [.. readings.Values.Select(reading => reading.Table)], Book.LostTargets());
        return new RoutePicture
        {
            Topology = topology,
            Inventory = inventory,
            Plan = Plan(topology, inventory, options, lifecycle.GrantsHeld),
            LeftOut = chosen.LeftOut,
            Ledgers = ledgers,
            Readings = readings,
            Gone = fresh ? Gone(stored.Select(record => new StoredLedger(record.Spec, record)), vpc) : [],
            LeftBehind = LeftBehind(stored, vpc, ledgers.Keys),
            Assumed = vpc.Assumed,
            LeaveAlone = lifecycle.LeaveAlone,
        };
    }

    private ImmutableArray<StoredLedger> LeftBehind(
        IEnumerable<Ipam.Stores.TypedRecord<Ipam.Routes.LedgerSpec, Ipam.Topologies.NoStatus>> stored, SeenVpc vpc, IEnumerable<string> managed)
    {
        var standing = vpc.Tables.Select(table => table.Id).Except(managed, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        return [.. stored.Where(record => record.Spec.Vpc == parts.Options.Vpc && standing.Contains(record.Spec.Table)
            && LedgerPlanner.MayStand(record.Spec).Any()).Select(record => new StoredLedger(record.Spec, record))];
    }

    /// <summary>What a doubtful store says of blocks may be long untrue: routes stay as they are until its review is over.</summary>
    private static RoutePlan Plan(Topology topology, Inventory inventory, PlanOptions options, GrantsHeld held)
    {
        var plan = RoutePlanner.Plan(topology, inventory, options);
        return held != GrantsHeld.StoreUnderReview || !plan.HasChanges ? plan : plan with
        {
            Changes = [],
            Calls = new PlannedCalls(0, 0, 0),
            Adopted = [],
            Refused = [.. plan.Refused, new Refusal("review", null, "the store is under review: no route changes until it is over",
                "wait for the hosts' reports, or say --new-store if there is nothing to wait for")],
        };
    }

    private ImmutableArray<StoredLedger> Gone(IEnumerable<StoredLedger> ledgers, SeenVpc vpc)
    {
        var ours = ledgers.Where(ledger => ledger.Spec.Vpc == parts.Options.Vpc).ToList();
        var gone = Book.Gone(ours.Select(ledger => ledger.Spec.Table), vpc.Tables.Select(table => table.Id).ToHashSet(StringComparer.Ordinal));
        return [.. ours.Where(ledger => gone.Contains(ledger.Spec.Table))];
    }

    private async Task<(SeenVpc Vpc, bool Fresh)> LookAsync(IReadOnlySet<string> links, CancellationToken cancel)
    {
        if (_seen is not null && !_audit.IsDue) return (_seen, false);

        // Before the request: what happens while it is under way may not be in its answer.
        var at = parts.Clock.GetUtcNow();
        _seen = await parts.Vpc.ReadAsync(links, cancel).ConfigureAwait(false);
        _seenAt = at;

        // What the last leader had on the wire lands within a call's timeout: look once more then.
        _audit.Done(_takeoverAudited || parts.Options.CallTimeout > parts.Options.Audit ? null : parts.Options.CallTimeout);
        _takeoverAudited = true;
        return (_seen, true);
    }

    private StoredLedger Ledger(string table, Ipam.Stores.TypedRecord<Ipam.Routes.LedgerSpec, Ipam.Topologies.NoStatus>? record) => new(
        record?.Spec ?? new Ipam.Routes.LedgerSpec { Table = table, Vpc = parts.Options.Vpc, Cluster = parts.Options.Cluster }, record);
}
