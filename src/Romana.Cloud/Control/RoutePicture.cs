using System.Collections.Immutable;
using Romana.Cloud.Discovery;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Routes;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Control;

/// <summary>What one pass over the routes read and planned.</summary>
internal sealed record RoutePicture
{
    public required PlanInputs Inputs { get; init; }
    public required RoutePlan Plan { get; init; }
    public Topology Topology => Inputs.Topology;
    public Inventory Inventory => Inputs.Inventory;

    /// <summary>Blocks in an overlap: nothing of theirs may be changed.</summary>
    public ImmutableArray<Cidr> LeaveAlone => Inputs.Lifecycle.LeaveAlone;

    /// <summary>Hosts by the interface that is a route's target.</summary>
    public required ImmutableDictionary<string, HostUid> Behind { get; init; }
    public ImmutableArray<LeftOutTable> LeftOut { get; init; } = [];

    /// <summary>Managed tables' ledgers as read from the store.</summary>
    public required ImmutableSortedDictionary<string, StoredLedger> Ledgers { get; init; }

    /// <summary>The same with what the newest describe settled.</summary>
    public required ImmutableSortedDictionary<string, LedgerReading> Readings { get; init; }

    /// <summary>Ledgers of tables that are gone.</summary>
    public ImmutableArray<StoredLedger> Gone { get; init; } = [];

    /// <summary>Ledgers of tables that stand but are not chosen any more, where routes of ours may stay.</summary>
    public ImmutableArray<StoredLedger> LeftBehind { get; init; } = [];

    /// <summary>Ledgers of tables that this look lacks: until EC2 says of each that it is gone, routes of ours may stand there.</summary>
    public ImmutableArray<LedgerSpec> Unseen { get; init; } = [];

    /// <summary>What the describe left open and was assumed; one line each with the remedy.</summary>
    public ImmutableArray<string> Assumed { get; init; } = [];

    /// <summary>What the tables were read from.</summary>
    public required SeenVpc Vpc { get; init; }

    /// <summary>A look at the tables was due and was not taken, because packets were being lost or a long plan is under way.</summary>
    public bool AuditWasPutOff { get; init; }
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

    public TimeSpan UntilAudit => Book.Fights.UntilLook(_seenAt) is { } look && look < _audit.Left ? look : _audit.Left;

    /// <summary>The newest describe is too old to remove anything by it.</summary>
    public bool LookIsOld => parts.Clock.GetUtcNow() - _seenAt > FreshLook;

    /// <summary>Null without a topology.</summary>
    /// <param name="hot">A look would keep calls waiting that are more urgent: plan on the last picture of the tables, if there is one.</param>
    public async Task<RoutePicture?> ReadAsync(SeenHosts hosts, PlanOptions options, CancellationToken cancel, bool hot = false)
    {
        var view = await parts.Views.ReadAsync(cancel).ConfigureAwait(false);
        if (view.Layout is null) return null;
        var stored = await parts.Views.LedgersAsync(cancel).ConfigureAwait(false);
        var links = view.Hosts.Select(host => host.Spec.PodInterface?.Link).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var putOff = hot && MayPutOffAudit;
        var (vpc, fresh) = await LookAsync(links, putOff, cancel).ConfigureAwait(false);
        var quota = await parts.Quotas.CurrentAsync(cancel).ConfigureAwait(false);
        var chosen = ManagedTables.Choose(vpc.Tables, vpc.Subnets, links, parts.Options with { Quota = quota });
        var byTable = stored.ToDictionary(record => record.Spec.Table, StringComparer.Ordinal);
        var ledgers = chosen.Managed.ToImmutableSortedDictionary(table => table.Id,
            table => Ledger(table.Id, byTable.GetValueOrDefault(table.Id)), StringComparer.Ordinal);
        var readings = chosen.Managed.ToImmutableSortedDictionary(table => table.Id,
            table => Book.Read(ledgers[table.Id].Spec, table, _seenAt, parts.Options.VisibilityLag), StringComparer.Ordinal);
        ImmutableArray<InventoryTable> tables = [.. readings.Values.Select(reading => reading.Table)];
        var inputs = Inputs(view, hosts, vpc, tables, Lost(tables, hosts));
        var plan = Plan(inputs, options with { TakeBack = Book.Fights.Turned(), Released = [.. GivenBack.Proved(view, inputs.Inventory.Tables)] });
        Book.Fights.Keep(plan);
        return new RoutePicture
        {
            Inputs = inputs,
            Plan = plan,
            Behind = Behind(view),
            LeftOut = chosen.LeftOut,
            Ledgers = ledgers,
            Readings = readings,
            Gone = fresh ? Gone(stored.Select(record => new StoredLedger(record.Spec, record)), vpc) : [],
            LeftBehind = LeftBehind(stored, vpc, ledgers.Keys),
            Unseen = [.. stored.Where(record => record.Spec.Vpc == parts.Options.Vpc && vpc.Tables.All(table => table.Id != record.Spec.Table)).Select(record => record.Spec)],
            Assumed = vpc.Assumed,
            Vpc = vpc,
            AuditWasPutOff = putOff,
        };
    }

    /// <summary>What a plan would be made from now, over the tables of that picture: no describe.</summary>
    public async Task<PlanNews> NewsAsync(RoutePicture planned, CancellationToken cancel)
    {
        var view = await parts.Views.ReadAsync(cancel).ConfigureAwait(false);
        return view.Layout is null || world.Hosts is not { } hosts ? PlanNews.None
            : planned.Inputs.NewsIn(Inputs(view, hosts, planned.Vpc, planned.Inventory.Tables, planned.Inputs.LostTargets));
    }

    private PlanInputs Inputs(
        ControllerView view, SeenHosts hosts, SeenVpc vpc, ImmutableArray<InventoryTable> tables, IReadOnlySet<string> lostTargets)
    {
        var (lifecycle, health) = (LifecyclePlanner.Plan(view with { Settings = parts.Lifecycle }), world.Health);
        return new PlanInputs
        {
            Topology = view.Layout!,
            Inventory = RouteInputs.Inventory(view, lifecycle, hosts, health, vpc, tables, lostTargets),
            Lifecycle = lifecycle,
            Health = health,
            LostTargets = lostTargets,
        };
    }

    /// <summary>Interfaces whose hosts are to lead nothing for a while.</summary>
    private HashSet<string> Lost(ImmutableArray<InventoryTable> tables, SeenHosts hosts)
    {
        var seen = hosts.Hosts.Where(host => host.InstanceSeen).Select(host => host.Sighting.PodInterface?.Id).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return [.. Book.LostTargets(), .. Book.Blackholed(RouteInputs.Blackholes(tables), seen.Contains)];
    }

    private static ImmutableDictionary<string, HostUid> Behind(ControllerView view) => view.Hosts
        .Where(host => host.Spec is { PodInterface.Id: not null, Condition: not HostCondition.Dead })
        .GroupBy(host => host.Spec.PodInterface!.Id!, StringComparer.Ordinal)
        .ToImmutableDictionary(same => same.Key, same => same.First().Spec.Uid, StringComparer.Ordinal);

    private ImmutableArray<StoredLedger> LeftBehind(
        IEnumerable<Ipam.Stores.TypedRecord<Ipam.Routes.LedgerSpec, Ipam.Topologies.NoStatus>> stored, SeenVpc vpc, IEnumerable<string> managed)
    {
        var standing = vpc.Tables.Select(table => table.Id).Except(managed, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        return [.. stored.Where(record => record.Spec.Vpc == parts.Options.Vpc && standing.Contains(record.Spec.Table)
            && LedgerPlanner.MayStand(record.Spec).Any()).Select(record => new StoredLedger(record.Spec, record))];
    }

    /// <summary>What a doubtful store says of blocks may be long untrue: routes stay as they are until its review is over.</summary>
    private static RoutePlan Plan(PlanInputs inputs, PlanOptions options)
    {
        var plan = RoutePlanner.Plan(inputs.Topology, inputs.Inventory, options);
        return inputs.Lifecycle.GrantsHeld != GrantsHeld.StoreUnderReview || !plan.HasChanges ? plan : plan with
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

    /// <summary>Due, and there is a picture to plan on: never without one, nor for ever.</summary>
    private bool MayPutOffAudit => _seen is not null && _audit.IsDue && parts.Clock.GetUtcNow() - _seenAt < 2 * parts.Options.Audit;

    private async Task<(SeenVpc Vpc, bool Fresh)> LookAsync(IReadOnlySet<string> links, bool putOff, CancellationToken cancel)
    {
        var isDue = _audit.IsDue || Book.Fights.UntilLook(_seenAt) is { Ticks: 0 };
        if (_seen is not null && (putOff || !isDue)) return (_seen, false);

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
