using Romana.Ipam.Blocks;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Control;

/// <summary>What became of a document.</summary>
public abstract record TopologyApplied
{
    private TopologyApplied() { }

    /// <param name="Generation">Of the topology that is committed now.</param>
    public sealed record Committed(long Generation) : TopologyApplied;

    /// <summary>The same document is committed already.</summary>
    public sealed record Unchanged(long Generation) : TopologyApplied;

    /// <summary>Nothing changed. Problems: everything that does not fit.</summary>
    /// <param name="Remedy">Null: make room for what does not fit.</param>
    public sealed record Refused(IReadOnlyList<string> Problems, string? Remedy = null) : TopologyApplied;
}

/// <summary>
/// `romana topology apply`: proposes a document and waits until it is committed or withdrawn. Whoever controls the
/// store resolves the proposal; where nobody does, this does.
/// </summary>
public static class TopologyApply
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(500);

    /// <summary>For one route that must go first; EC2 takes five a second of an account, and others call too.</summary>
    private static readonly TimeSpan PatiencePerRoute = TimeSpan.FromSeconds(0.5);

    /// <param name="document">JSON text.</param>
    /// <exception cref="StoreUnavailableException"/>
    public static async Task<TopologyApplied> RunAsync(
        ControllerOptions options, ControllerParts parts, string document, CancellationToken cancel)
    {
        var id = $"proposal-{Stamp.New()}";
        using var open = OpenStore.Of(options, parts);
        await StoreOwner.CheckAsync(open.Store, options, cancel).ConfigureAwait(false);
        var views = new StoreViews(open.Store, parts.Clock);
        if (HasGoneBack(open.Store) && !options.NewStore)
            return new TopologyApplied.Refused(["the store has gone back in time (it was restored from a copy, or replaced), and hosts may hold blocks that it does not know"],
                "start romana controller, which asks the hosts, and apply again when the condition StoreUnderReview is over; or say --new-store if no host can hold a block");
        await CheckWayAsync(open, views, parts, options, document, cancel).ConfigureAwait(false);
        return await ProposeAsync(open.Store, views, document, id, options, cancel).ConfigureAwait(false)
            ?? await WaitAsync(open, views, parts, options, new Wish(id, document), cancel).ConfigureAwait(false);
    }

    /// <summary>What it would refuse is unknown until it was reviewed, and only a controller hears the hosts.</summary>
    private static bool HasGoneBack(IStore store) => store is IStoreStanding { Standing: StoreStanding.Rewound };

    /// <summary>Where routes would have to go and no controller is there to take them away, EC2 must let us: said before anything is written.</summary>
    /// <exception cref="Aws.Ec2UnavailableException"/>
    private static async Task CheckWayAsync(
        OpenStore open, StoreViews views, ControllerParts parts, ControllerOptions options, string document, CancellationToken cancel)
    {
        if (TopologyDocument.Read(document).Topology is not { } layout) return;
        var view = await views.ReadAsync(cancel).ConfigureAwait(false);
        if (view.Topology?.Spec.Document == document || await RoutesInTheWayAsync(views, view, layout, cancel).ConfigureAwait(false) == 0) return;
        using var term = await open.Terms.TryAcquireAsync(Me, cancel).ConfigureAwait(false);
        if (term is null) return;
        using var engine = new Engine(options, parts, open.Store, term);
        await engine.Parts.Vpc.CheckAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>Routes of blocks that the new document has no slot for.</summary>
    private static async Task<int> RoutesInTheWayAsync(StoreViews views, ControllerView view, Topology layout, CancellationToken cancel)
    {
        var going = view.Blocks.Where(block => block.Spec.Intent != BlockIntent.Free && !layout.Networks.Any(network =>
            network.BlockMask == block.Spec.Cidr.Length && network.Leaves.Any(leaf => leaf.Cidr.Contains(block.Spec.Cidr)))).Select(block => block.Spec.Cidr).ToList();
        if (going.Count == 0) return 0;
        var ledgers = await views.LedgersAsync(cancel).ConfigureAwait(false);
        return ledgers.SelectMany(ledger => LedgerPlanner.MayStand(ledger.Spec)).Count(route => going.Exists(route.Overlaps));
    }

    /// <summary>
    /// `romana controller --topology FILE`: proposed before the loops start, resolved by them, since what it recalls
    /// may have routes to lose first.
    /// </summary>
    /// <exception cref="ControlRefusedException">It is no valid document, or another change is open.</exception>
    internal static async Task AtStartAsync(Engine engine, ControllerOptions options, string document, CancellationToken cancel)
    {
        var id = $"proposal-{Stamp.New()}";
        var early = await ProposeAsync(engine.Parts.Store, engine.Parts.Views, document, id, options, cancel).ConfigureAwait(false);
        if (early is TopologyApplied.Refused refused)
            throw new ControlRefusedException($"{options.Topology} was refused, nothing changed: {string.Join("; ", refused.Problems)}{(refused.Remedy is { } remedy ? $": {remedy}" : "")}");
    }

    /// <summary>Null: proposed (or, in an empty store, committed), to be resolved.</summary>
    private static async Task<TopologyApplied?> ProposeAsync(
        IStore store, StoreViews views, string document, string id, ControllerOptions options, CancellationToken cancel)
    {
        var reading = TopologyDocument.Read(document);
        if (reading.Topology is not { } layout) return new TopologyApplied.Refused([.. reading.Errors.Select(error => error.ToString())]);
        for (var tries = 0; tries < 10; tries++)
        {
            var standing = store as IStoreStanding;
            var view = await views.ReadAsync(cancel).ConfigureAwait(false) with { Standing = standing?.Standing ?? StoreStanding.Trusted };
            var routes = await RoutesInTheWayAsync(views, view, layout, cancel).ConfigureAwait(false);
            view = view with { Settings = view.Settings with { ProposalPatience = view.Settings.ProposalPatience + routes * PatiencePerRoute / options.RateScale } };
            var trust = options.NewStore ? TopologyChange.TrustStore(view) : null;
            var (change, verdict) = trust is not null ? (trust, null) : Propose(view, document, layout, id, options.NewStore);
            if (verdict is not null) return verdict;
            var result = await store.WriteSurelyAsync(change!.ToWrite(Stamp.New()), cancel).ConfigureAwait(false);
            if (result is WriteResult.Unavailable down) throw new StoreUnavailableException(down.Reason);
            if (result is not WriteResult.Committed) continue;

            // The word is about the store's past and not only about a review of it: or the next pass opens another.
            if (options.NewStore && standing is { Standing: StoreStanding.Rewound }) await standing.TrustAsync(cancel).ConfigureAwait(false);
            if (trust is null) return null;
        }

        return new TopologyApplied.Refused(["the topology record keeps changing: try again"]);
    }

    private static (Change? Change, TopologyApplied? Verdict) Propose(
        ControllerView view, string document, Topology layout, string id, bool newStore)
    {
        if (view.Topology is not { } current) return (TopologyChange.First(document, layout, view.Now, newStore), null);
        if (current.Spec.Document == document && current.Spec.Proposal is null) return (null, new TopologyApplied.Unchanged(current.Spec.Generation));
        return TopologyChange.Propose(view, document, layout, id) switch
        {
            ProposalOutcome.Proposed proposed => (proposed.Change, null),
            ProposalOutcome.Unchanged => (null, new TopologyApplied.Unchanged(current.Spec.Generation)),
            ProposalOutcome.Refused refused => (null, Refused(refused.Message)),
            _ => throw new InvalidOperationException("an outcome is proposed, unchanged or refused"),
        };
    }

    /// <summary>Messages of a proposal that was not even made end with ": remedy".</summary>
    private static TopologyApplied.Refused Refused(string message) =>
        message.LastIndexOf(": ", StringComparison.Ordinal) is > 0 and var cut ? new([message[..cut]], message[(cut + 2)..]) : new([message]);

    private static async Task<TopologyApplied> WaitAsync(
        OpenStore open, StoreViews views, ControllerParts parts, ControllerOptions options, Wish wish, CancellationToken cancel)
    {
        IReadOnlyList<string> inTheWay = [];
        (long Number, DateTimeOffset Since)? led = null;
        while (true)
        {
            var view = await views.ReadAsync(cancel).ConfigureAwait(false);
            if (view.Topology is not { } topology) return new TopologyApplied.Refused(["the topology record is gone: apply again"]);
            if (topology.Spec.Proposal?.Id != wish.Id) return Verdict(topology.Spec, wish) is TopologyApplied.Refused refused
                ? new TopologyApplied.Refused([.. refused.Problems, .. inTheWay]) : Verdict(topology.Spec, wish);
            using var term = await open.Terms.TryAcquireAsync(Me, cancel).ConfigureAwait(false);
            if (term is not null)
            {
                // Terms count up: the one after our last has nobody's calls between.
                led = (term.Number, led is { } last && last.Number + 1 == term.Number ? last.Since : parts.Clock.GetUtcNow());
                if (await ResolveAsync(open.Store, views, options, cancel).ConfigureAwait(false)) continue;
                inTheWay = await ClearAsync(open.Store, (term, led.Value.Since), parts, options, view, cancel).ConfigureAwait(false);
            }

            await Task.Delay(Pace, parts.Clock, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>What keeps routes from going, that the next look may mend; the deadline ends it.</summary>
    private static async Task<IReadOnlyList<string>> ClearAsync(
        IStore store, (ITerm Term, DateTimeOffset Since) led, ControllerParts parts, ControllerOptions options, ControllerView view, CancellationToken cancel)
    {
        if (options.Vpc.Length == 0) return [];
        var ledgers = await new StoreViews(store, parts.Clock).LedgersAsync(cancel).ConfigureAwait(false);
        if (StandingRoutes.Of(view.Layout, ledgers.Select(ledger => ledger.Spec)).InTheWay(view).Count == 0) return [];
        using var engine = new Engine(options, parts, store, led.Term);
        try
        {
            return await RouteClearing.RunAsync(engine.Parts with { TermSince = led.Since }, view, cancel).ConfigureAwait(false);
        }
        catch (Aws.Ec2UnavailableException error)
        {
            return [error.Message];
        }
    }

    /// <summary>The condition of a withdrawn proposal goes with the next one: what is committed has the last word.</summary>
    internal static TopologyApplied Verdict(TopologySpec spec, Wish wish)
    {
        var refused = spec.Conditions.FirstOrDefault(condition => condition.Type == TopologyChange.RefusedCondition
            && condition.Message.StartsWith(wish.Id, StringComparison.Ordinal));
        if (refused is not null) return new TopologyApplied.Refused([refused.Message]);
        return spec.Document == wish.Document ? new TopologyApplied.Committed(spec.Generation)
            : new TopologyApplied.Refused([$"{wish.Id} was withdrawn, or another document was committed after it: 'romana ipam show' shows what stands; apply again"]);
    }

    private const string Me = "romana topology apply";

    /// <param name="Id">Of the proposal.</param>
    internal sealed record Wish(string Id, string Document);

    /// <summary>One pass of the life cycle without discovery: only the proposal moves, and what it recalls.</summary>
    private static async Task<bool> ResolveAsync(IStore store, StoreViews views, ControllerOptions options, CancellationToken cancel)
    {
        var view = await views.ReadAsync(cancel).ConfigureAwait(false);
        var ledgers = await views.LedgersAsync(cancel).ConfigureAwait(false);
        var plan = LifecyclePlanner.Plan(view with
        {
            Settings = new LifecycleSettings { Settle = options.Settle },
            StillRouted = StandingRoutes.Of(view.Layout, ledgers.Select(ledger => ledger.Spec)).StillLeading(view),
        });
        if (!plan.Changes.IsEmpty) await store.WriteSurelyAsync(plan.Writes, cancel).ConfigureAwait(false);
        return !plan.Changes.IsEmpty;
    }
}
