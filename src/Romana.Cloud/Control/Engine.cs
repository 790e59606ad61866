using System.Collections.Immutable;
using System.Text.Json;
using Amazon.EC2;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Discovery;
using Romana.Cloud.Health;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>What the engine is given by its host program or by a test.</summary>
public sealed record ControllerParts
{
    public required ILoggerFactory Logs { get; init; }
    public TimeProvider Clock { get; init; } = TimeProvider.System;
    public ControllerState State { get; init; } = new();
    public CallMetrics? Metrics { get; init; }

    /// <summary>Null: the SQLite file of the options, opened and closed by the engine.</summary>
    public IStore? Store { get; init; }

    /// <summary>Beside <see cref="Store"/>.</summary>
    public ITermSource? Terms { get; init; }

    /// <summary>Run once the controller holds the term, before its loops: opens the HTTP API.</summary>
    public Func<CancellationToken, Task>? WhenLeading { get; init; }

    /// <summary>Null: made from the options.</summary>
    public IAmazonEC2? Ec2 { get; init; }

    /// <summary>Null: asked beside the EC2 client that is made from the options; not at all beside <see cref="Ec2"/>.</summary>
    public ServiceQuotas? Quotas { get; init; }

    /// <summary>Beside those that the options ask for.</summary>
    public IReadOnlyList<IHealthSource> HealthSources { get; init; } = [];

    /// <summary>JSON text of the options' topology file; proposed at start.</summary>
    public string? TopologyDocument { get; init; }

    /// <summary>Reads the inventory file when the options name one.</summary>
    public Func<string, ImmutableArray<ListedMachine>>? ReadInventory { get; init; }
}

/// <summary>The passes of one term over one store and one VPC.</summary>
internal sealed class Engine : IDisposable
{
    private readonly IAmazonEC2? _ownClient;
    private readonly ServiceQuotas? _ownQuotas;
    private readonly CallGate _gate;

    /// <exception cref="HostsUnreadableException">The inventory file of the options is broken.</exception>
    public Engine(ControllerOptions options, ControllerParts parts, IStore store, ITerm? term)
    {
        // A list that is wrong from the start is said at once; one that breaks later changes nothing.
        if (Machines(options, parts) is { } machines) InventoryFileSource.Listed(machines);
        var client = parts.Ec2 ?? (_ownClient = Ec2Client.Create(options.Region, options.Endpoint));
        if (parts.Quotas is null && _ownClient is not null) _ownQuotas = ServiceQuotas.Beside(_ownClient, parts.Clock, parts.Metrics);
        _gate = new CallGate(parts.Clock, options.RateScale, options.CallTimeout, parts.Metrics ?? new CallMetrics(), Ec2Client.Where(client));
        if (term is not null) _gate.Enter(term);
        parts.State.Update(state => state with { Conditions = [] });
        var reader = new Ec2Reader(client, _gate);
        var (events, since) = (new EventBook(store, term, parts.Clock, parts.Logs.CreateLogger<EventBook>()), parts.Clock.GetUtcNow());
        var conditions = new ConditionBoard(parts.State, events, since);
        Parts = new EngineParts
        {
            Options = options,
            Clock = parts.Clock,
            Logs = parts.Logs,
            State = parts.State,
            Store = store,
            Views = new StoreViews(store, parts.Clock),
            Gate = _gate,
            Reader = reader,
            Statuses = new Ec2StatusReader(client, _gate),
            Writer = new Ec2Writer(client, _gate),
            Vpc = new VpcReader(reader, options.Vpc),
            Hosts = HostSource(options, parts, reader),
            Conditions = conditions,
            Quotas = new QuotaBook(options, parts.Quotas ?? _ownQuotas, conditions, parts.Clock),
            Events = events,
            Term = term,
            TermSince = since,
        };
        Hosts = new HostPass(Parts, World);
        Checks = new CheckPass(Parts, World);
        Routes = new RoutePass(Parts, World, new RouteReader(Parts, World), Checks.StillOn);
    }

    public EngineParts Parts { get; }

    public World World { get; } = new();

    public HostPass Hosts { get; }

    public CheckPass Checks { get; }

    public RoutePass Routes { get; }

    public ControlLoop HostLoop() => Loop("hosts", Hosts.RunAsync, () => Hosts.UntilAudit);

    public ControlLoop CheckLoop() => Loop("checks", Checks.RunAsync, () => Checks.UntilDue);

    public ControlLoop RouteLoop() => Loop("routes", Routes.RunAsync, () => Routes.UntilAudit);

    public void Dispose()
    {
        _gate.Dispose();
        _ownClient?.Dispose();
        _ownQuotas?.Dispose();
    }

    /// <summary>An audit that is overdue after a pass could not be made in it: waiting no time for it would be a busy loop.</summary>
    private ControlLoop Loop(string name, Func<CancellationToken, Task<Verdict>> pass, Func<TimeSpan> untilDue) => new(
        name, cancel => RecordedAsync(pass, cancel), () => untilDue() is var left && left > TimeSpan.Zero && left < Parts.Options.Resync ? left : Parts.Options.Resync,
        Parts.Clock, Parts.State, Parts.Logs.CreateLogger($"romana.{name}"));

    /// <summary>What a pass told is kept, whatever became of the pass.</summary>
    private async Task<Verdict> RecordedAsync(Func<CancellationToken, Task<Verdict>> pass, CancellationToken cancel)
    {
        try
        {
            return await pass(cancel).ConfigureAwait(false);
        }
        finally
        {
            await Parts.Events.WriteAsync().ConfigureAwait(false);
        }
    }

    private static IHostSource HostSource(ControllerOptions options, ControllerParts parts, Ec2Reader reader) =>
        Machines(options, parts) is { } machines
            ? new InventoryFileSource(reader, options.Vpc, machines, parts.Clock)
            : new Ec2HostSource(reader, options.Vpc, options.Cluster);

    private static Func<ImmutableArray<ListedMachine>>? Machines(ControllerOptions options, ControllerParts parts) =>
        options.Inventory is { } path ? () => (parts.ReadInventory ?? InventoryFile.Read)(path) : null;
}
