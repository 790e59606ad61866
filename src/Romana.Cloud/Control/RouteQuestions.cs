using System.Collections.Immutable;
using Romana.Cloud.Discovery;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Cloud.Views;
using Romana.Ipam.Addressing;
using Romana.Ipam.Planning;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>Gathers what a question about routes needs. Reads; writes nothing.</summary>
public static class RouteQuestions
{
    /// <summary>From the store alone: the tables hold what the ledgers say, and no route of others is known. Null without a topology.</summary>
    /// <exception cref="StoreUnavailableException"/>
    public static async Task<RouteQuestion?> FromStoreAsync(IStore store, Cidr destination, TimeProvider clock, CancellationToken cancel)
    {
        var views = new StoreViews(store, clock);
        var view = await views.ReadAsync(cancel).ConfigureAwait(false);
        if (view.Layout is not { } topology) return null;
        ImmutableArray<LedgerSpec> ledgers = [.. (await views.LedgersAsync(cancel).ConfigureAwait(false)).Select(record => record.Spec)];
        var inventory = RouteInputs.Inventory(view, LifecyclePlanner.Plan(view), SeenHosts.None, HealthPicture.Nothing,
            new SeenVpc { Vpc = new InventoryVpc() }, [.. ledgers.Select(Table)], new HashSet<string>());
        return new RouteQuestion { Destination = destination, Topology = topology, Inventory = inventory, Ledgers = ledgers, FromTables = false };
    }

    /// <summary>From the store and from the tables as EC2 shows them.</summary>
    /// <exception cref="ControlRefusedException">There is no topology.</exception>
    /// <exception cref="Aws.Ec2UnavailableException"/>
    /// <exception cref="StoreUnavailableException"/>
    public static async Task<RouteQuestion> FromTablesAsync(ControllerOptions options, ControllerParts parts, Cidr destination, CancellationToken cancel)
    {
        using var open = OpenStore.Of(options, parts, create: false);

        // What EC2 shows is asked for, not what we believe in spite of it.
        using var engine = new Engine(options with { VisibilityLag = TimeSpan.Zero }, parts with { State = new ControllerState() }, open.Store, term: null);
        await engine.Parts.Vpc.CheckAsync(cancel).ConfigureAwait(false);
        var hosts = await engine.Parts.Hosts.ReadAsync(cancel).ConfigureAwait(false);
        var picture = await new RouteReader(engine.Parts, engine.World).ReadAsync(hosts, PlanOptions.Default, cancel).ConfigureAwait(false)
            ?? throw new ControlRefusedException($"{options.Store} has no topology: apply one with 'romana topology apply FILE'");
        return new RouteQuestion
        {
            Destination = destination,
            Topology = picture.Topology,
            Inventory = picture.Inventory,
            Ledgers = [.. picture.Ledgers.Values.Select(ledger => ledger.Spec)],
            FromTables = true,
        };
    }

    /// <summary>The quota is not in the ledger: room for what stands there makes the planner choose as it had to choose then.</summary>
    private static InventoryTable Table(LedgerSpec ledger)
    {
        var standing = LedgerPlanner.Standing(ledger).ToList();
        int Room(IpFamily family) => standing.Count(entry => entry.Destination.Family == family) + 1;
        return new InventoryTable
        {
            Id = ledger.Table,
            Quota = new TableQuota(Room(IpFamily.IPv4), Room(IpFamily.IPv6)),
            Routes = [.. standing.Select(entry => new InventoryRoute { Destination = entry.Destination.ToString(), Target = entry.To!, Owned = true })],
        };
    }
}
