using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Blocks;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Control;

/// <summary>What `romana plan` shows.</summary>
/// <param name="CheckFixes">Interfaces whose source/destination check would be switched off: one call each.</param>
public sealed record LivePlanResult(Topology Topology, Inventory Inventory, RoutePlan Plan, int CheckFixes)
{
    /// <summary>Hosts that would be registered, by name.</summary>
    public IReadOnlyList<string> NewHosts { get; init; } = [];

    /// <summary>Blocks that would be granted.</summary>
    public IReadOnlyList<InventoryBlock> NewBlocks { get; init; } = [];

    public bool HasChanges => Calls > 0 || NewHosts.Count > 0 || NewBlocks.Count > 0;

    public IReadOnlyList<LeftOutTable> LeftOut { get; init; } = [];

    /// <summary>Mutating EC2 calls that an apply would make.</summary>
    public int Calls => Plan.Calls.Total + CheckFixes;

    /// <summary>What stands in the way, with remedies.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}

/// <summary>`romana plan`: what an apply would do now. Writes nothing: hosts and blocks move in a copy of the store.</summary>
public static class LivePlan
{
    /// <exception cref="ControlRefusedException">There is no topology.</exception>
    /// <exception cref="Ec2UnavailableException"/>
    /// <exception cref="StoreUnavailableException"/>
    public static async Task<LivePlanResult> ReadAsync(ControllerOptions options, ControllerParts parts, CancellationToken cancel)
    {
        using var open = OpenStore.Of(options, parts, create: false);
        await StoreOwner.CheckAsync(open.Store, options, cancel).ConfigureAwait(false);
        var copy = await CopyAsync(open.Store, cancel).ConfigureAwait(false);
        using var terms = (await new InMemoryTermSource().TryAcquireAsync("plan", cancel).ConfigureAwait(false))!;

        // The term is of the copy: the gate of this engine is never entered, so no mutation could leave.
        using var engine = new Engine(options, parts with { State = new ControllerState() }, copy, term: null);
        var before = await engine.Parts.Views.ReadAsync(cancel).ConfigureAwait(false);
        var hosts = new HostPass(engine.Parts with { Term = terms }, engine.World);
        engine.World.Standing = StandingRoutes.None;
        engine.World.Health = Health.HealthRecorder.Picture(before.Hosts.Select(host => host.Spec));
        await hosts.RunAsync(cancel).ConfigureAwait(false);
        var reader = new RouteReader(engine.Parts, engine.World);
        var seen = engine.World.Hosts ?? Discovery.SeenHosts.None;
        var picture = await reader.ReadAsync(seen, new PlanOptions { Adopt = options.Adopt, AllowMassRemoval = options.AllowMassRemoval }, cancel).ConfigureAwait(false)
            ?? throw new ControlRefusedException($"{options.Store} has no topology: apply one with 'romana topology apply FILE'");
        var after = await engine.Parts.Views.ReadAsync(cancel).ConfigureAwait(false);
        return new LivePlanResult(picture.Topology, picture.Inventory, picture.Plan, engine.Checks.StillOn(seen).Count)
        {
            NewHosts = [.. after.Hosts.Select(host => host.Spec).ExceptBy(before.Hosts.Select(host => host.Spec.Uid), host => host.Uid).Select(host => host.Name).Order(StringComparer.Ordinal)],
            NewBlocks = Granted(before, after),
            LeftOut = picture.LeftOut,
            Problems = [.. after.Hosts.SelectMany(host => host.Spec.Conditions).Where(one => one.IsTrue).Select(one => one.Message),
                .. engine.Parts.State.Current.Conditions.Select(one => $"{one.About}: {one.Condition.Message}"),
                .. picture.Assumed, .. picture.LeftBehind.Select(ledger => RouteConditions.LeftIn(ledger, options.Tables))],
        };
    }

    private static IReadOnlyList<InventoryBlock> Granted(ControllerView before, ControllerView after)
    {
        var names = after.Hosts.ToDictionary(host => host.Spec.Uid, host => host.Spec.Name);
        var known = before.Blocks.Select(block => (block.Spec.Cidr, block.Spec.Epoch)).ToHashSet();
        return [.. after.Blocks.Select(block => block.Spec).Where(block => block.Intent == BlockIntent.Lent && !known.Contains((block.Cidr, block.Epoch)))
            .OrderBy(block => block.Cidr).Select(block => new InventoryBlock(block.Cidr, block.Network, names.GetValueOrDefault(block.Host, block.Host.Text)))];
    }

    private static async Task<InMemoryStore> CopyAsync(IStore store, CancellationToken cancel)
    {
        var copy = new InMemoryStore();
        foreach (var kind in Enum.GetValues<RecordKind>())
        {
            foreach (var record in (await store.ListAsync(kind, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false)).Items)
            {
                var made = await copy.WriteAsync(new Write.Create(record.Key, record.Stamp, record.Spec, record.Host), cancel).ConfigureAwait(false);
                if (record.Status is null || made is not WriteResult.Committed { Record: { } created }) continue;
                var expected = new Expected(created.Version, created.Uid);
                await copy.WriteAsync(new Write.UpdateStatus(record.Key, record.Stamp, expected, record.Status), cancel).ConfigureAwait(false);
            }
        }

        // A copy of a rewound store is as doubtful as the store itself.
        if (store is IStoreStanding { Standing: StoreStanding.Rewound }) copy.Restore(copy.Save());
        return copy;
    }
}
