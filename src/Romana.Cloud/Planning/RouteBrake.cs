using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// Fail-static (R3): an input that is empty or much smaller than it was is taken for our own blindness, and a plan that
/// would take away most of what stands is not carried out unless the operator says so.
/// </summary>
internal static class RouteBrake
{
    private const string Remedy = "If this is meant, say so: allow mass removal (--allow-mass-removal); else find out why the input shrank";

    /// <summary>The input itself is not to be believed: nothing moves. Null when it is.</summary>
    public static Refusal? Blind(Inventory inventory, PlanGround ground, IReadOnlyCollection<TableView> views, PlanOptions options)
    {
        var owned = views.Sum(view => view.Owned);
        if (options.AllowMassRemoval || owned == 0) return null;
        var (hosts, blocks) = (inventory.Hosts.Length, inventory.Blocks?.Length ?? 0);
        if (hosts == 0) return Of($"no host is known while {owned} routes of ours stand");
        if (inventory.Hosts.All(host => host.Health == HostHealth.Down)) return Of($"all {hosts} hosts look dead at once");
        var released = new SpaceSet(options.Released);
        if (blocks == 0 && views.Any(view => view.Ours.Any(route => !ground.Roots.ContainsKey(route.Destination) && !released.Overlaps(route.Destination))))
            return Of("no block is granted while routes to blocks stand");
        return null;
    }

    /// <summary>The input shrank sharply: nothing of ours goes, but what is new or leads elsewhere does. Null when it did not.</summary>
    public static Refusal? Shrunk(int removals, Inventory inventory, PlanOptions options)
    {
        if (options.AllowMassRemoval || removals == 0) return null;
        var (hosts, blocks) = (inventory.Hosts.Length, inventory.Blocks?.Length ?? 0);
        var what = Fell(options.LastHosts, hosts, options) ? $"hosts fell from {options.LastHosts} to {hosts}"
            : Fell(options.LastBlocks, blocks + options.Released.Length, options) ? $"blocks fell from {options.LastBlocks} to {blocks}" : null;
        return what is null ? null : new Refusal("brake", null, $"{removals} routes of ours would be removed, and {what}; none of them is", Remedy);
    }

    /// <summary>Too much would go at once. Null when not.</summary>
    /// <param name="removals">Routes of ours that nobody uses any more; merged or re-led ones are no loss.</param>
    public static Refusal? TooMuch(int removals, int owned, PlanOptions options) =>
        options.AllowMassRemoval || removals <= options.BrakeCount || removals <= options.BrakeShare * owned
            ? null
            : new Refusal("brake", null, $"{removals} of {owned} routes of ours would be removed at once; none of them is", Remedy);

    /// <summary>Destinations of ours that would be deleted, that no granted block of a living host uses and no proof explains.</summary>
    public static IEnumerable<Cidr> Losses(TableView view, WantedRoutes wanted, SpaceSet used, SpaceSet released) => Unused(view, wanted, used)
        .Where(destination => !released.Overlaps(destination));

    /// <summary>What stays under the brake: all of ours but what is to lead elsewhere, and what leads to nobody by proof.</summary>
    public static IEnumerable<Cidr> Held(TableView view, WantedRoutes wanted, SpaceSet used, SpaceSet released) => view.Routes.Values
        .Where(route => route.Kind == Standing.Ours
            && (!wanted.Routes.TryGetValue(route.Destination, out var planned) || planned.Target == route.Target))
        .Select(route => route.Destination).Except(Unused(view, wanted, used).Where(released.Overlaps));

    private static IEnumerable<Cidr> Unused(TableView view, WantedRoutes wanted, SpaceSet used) => view.Routes.Values
        .Where(route => route.Kind == Standing.Ours && !wanted.Routes.ContainsKey(route.Destination) && !used.Overlaps(route.Destination))
        .Select(route => route.Destination);

    private static bool Fell(int? last, int now, PlanOptions options) =>
        last is { } before && before - now > options.BrakeCount && before - now > options.BrakeShare * before;

    private static Refusal Of(string what) => new("brake", null, $"Nothing is changed: {what}", Remedy);
}
