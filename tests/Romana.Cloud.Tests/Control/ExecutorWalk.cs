using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Cloud.Control;
using Romana.Cloud.Discovery;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Cloud.Tests.Planning;
using Romana.Ipam.Planning;
using Romana.Ipam.Routes;
using World = Romana.Cloud.Tests.Planning.World;

namespace Romana.Cloud.Tests.Control;

/// <summary>
/// Passes over one table as the controller makes them: the ledger laid beside a describe, the plan, what may be sent, the
/// intents, the executor, the answers. The table's judge looks after every call.
/// </summary>
internal sealed class ExecutorWalk
{
    private const string Table = "rtb-a";
    private static readonly DateTimeOffset Start = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly InstantClock _clock = new(Start);
    private readonly MovedWorld _moved;
    private SmallWorld _world;
    private readonly RouteExecutor _executor;
    private readonly Random _random;
    private LedgerSpec _ledger;
    private TableBook _book;
    private Sendable _sendable;
    private LedgerPen _pen;

    public ExecutorWalk(MovedWorld moved, SmallWorld standing, int seed)
    {
        (_moved, _world, _random) = (moved, standing, new Random(seed));
        var table = standing.Inventory.Tables[0];
        Ec2 = new WalkedTable(table, moved.Family, moved.Move == Move.Adopt, _clock, _random);
        _executor = new RouteExecutor(Ec2, _clock, NullLogger<RouteExecutor>.Instance);
        _ledger = new LedgerSpec
        {
            Table = Table,
            Vpc = "vpc-1",
            Cluster = "c",
            Entries = [.. table.Routes.Where(route => route.Owned).Select(route => new LedgerEntry
            {
                Destination = World.C(route.Destination),
                To = route.Target,
                Settled = true,
                Term = 1,
                At = Start.AddHours(-1),
            }).OrderBy(entry => entry.Destination)],
        };
        _pen = new LedgerPen(1, Start, Start.AddHours(-2));
        (_book, _sendable) = Remembered();
    }

    public WalkedTable Ec2 { get; }

    /// <summary>The plan that had nothing left to do.</summary>
    public RoutePlan End { get; private set; } = null!;

    public bool KeptSomething { get; private set; }

    /// <param name="passes">With faults, of the part of the calls that is given.</param>
    public async Task RunAsync(int passes, double faults)
    {
        Ec2.Faults = faults;
        for (var pass = 0; pass < passes; pass++)
        {
            await PassAsync();
            if (_random.Next(4) == 0) ChangeMind();
            _clock.Advance(TimeSpan.FromSeconds(_random.Next(5) switch { 0 => 0.1, 1 => 1, 2 => 5, 3 => 30, _ => 90 }));
        }

        Ec2.Heal();
        for (var (pass, quiet) = (0, 0); pass < 60; pass++)
        {
            // Over the lag and the life of a tombstone.
            _clock.Advance(TimeSpan.FromMinutes(2));
            quiet = await PassAsync() ? quiet + 1 : 0;
            if (quiet == 6) return;
        }

        throw new WalkFailedException($"does not settle: {string.Join("; ", World.Lines(End.Changes))}");
    }

    /// <summary>Routes that stand and that neither the start nor the ledger explains.</summary>
    public IEnumerable<string> Strays(InventoryTable start)
    {
        var theirs = start.Routes.Where(route => !route.Owned).Select(route => route.Destination).ToHashSet(StringComparer.Ordinal);
        return Ec2.Now.Routes.Where(route => !theirs.Contains(route.Destination)
            && !_ledger.Entries.Any(entry => entry.Destination.ToString() == route.Destination && entry.Knows(route.Target))).Select(route => $"{route.Destination} > {route.Target}");
    }

    /// <summary>A host falls or comes back, or a block goes to a neighbour: what was half done is wanted otherwise.</summary>
    private void ChangeMind()
    {
        var (hosts, blocks) = (_world.Inventory.Hosts, _world.Inventory.Blocks!.Value);
        if (hosts.IsEmpty) return;
        if (_random.Next(2) == 0 || blocks.IsEmpty)
        {
            var at = _random.Next(hosts.Length);
            var health = hosts[at].Health == HostHealth.Up ? (HostHealth)_random.Next(1, 4) : HostHealth.Up;
            hosts = hosts.SetItem(at, hosts[at] with { Health = health });
            Ec2.Change($"{hosts[at].Name} is {health}");
        }
        else
        {
            var at = _random.Next(blocks.Length);
            var group = _world.Named(blocks[at].Host)!.Groups["pods"];
            var next = hosts.Where(host => host.Groups["pods"] == group).ElementAt(_random.Next(hosts.Count(host => host.Groups["pods"] == group)));
            blocks = blocks.SetItem(at, blocks[at] with { Host = next.Name });
            Ec2.Change($"{blocks[at].Cidr} is {next.Name}'s");
        }

        _world = _world with { Inventory = _world.Inventory with { Hosts = hosts, Blocks = blocks } };
    }

    /// <summary>True when there is nothing left to do.</summary>
    private async Task<bool> PassAsync()
    {
        Ec2.Land();
        _pen = _pen with { Now = _clock.GetUtcNow() };
        var picture = Look();
        var plan = End = picture.Plan;
        KeptSomething |= plan.Refused.Any(refusal => refusal.Code == "no_hitless_order");
        _book.Fights.Keep(plan);
        var before = picture.Readings[Table].Ledger;
        var selection = _sendable.Of(picture, _pen, removals: true);
        _ledger = LedgerPlanner.WithIntents(before, selection.Changes, plan.Adopted, _pen);
        if (plan.Changes.IsEmpty && selection.Changes.Count == 0) return true;
        Ec2.Story.Add($"-- {_clock.GetUtcNow() - Start}: {string.Join(", ", World.Lines(plan.Changes))}");
        Ec2.Begin(new SmallWorld(_world.Topology, picture.Inventory), _ledger);
        var work = TableWork.Of(picture, selection, Table, new Settling(before, WalkedTable.Settle, _pen.Now)) with { OldUntil = LedgerPlanner.OldUntil(_ledger, WalkedTable.Lag) };
        try
        {
            foreach (var outcome in await _executor.ApplyAsync([work], Ec2.Overtaken.Token, default)) Learn(picture, selection, before, _book.Fights.Resolve(outcome));
        }
        catch (KilledException)
        {
            // The intents are all that the next process finds.
            Ec2.Story.Add("-- killed");
            _clock.Advance(TimeSpan.FromSeconds(_random.Next(3)));
            _pen = new LedgerPen(_pen.Term + 1, _clock.GetUtcNow(), _clock.GetUtcNow());
            (_book, _sendable) = Remembered();
        }

        return false;
    }

    private RoutePicture Look()
    {
        var described = Ec2.Describe() with { Quota = _world.Inventory.Tables[0].Quota };
        var reading = _book.Read(_ledger, described, _clock.GetUtcNow(), WalkedTable.Lag);
        var lost = _book.LostTargets();
        var inventory = _world.Inventory with { Hosts = Doubts.Cast(_world.Inventory.Hosts, lost), Tables = [reading.Table] };
        return new RoutePicture
        {
            Inputs = new PlanInputs
            {
                Topology = _world.Topology,
                Inventory = inventory,
                Lifecycle = new LifecyclePlan { Changes = [], Stamp = "s" },
                Health = HealthPicture.Nothing,
                LostTargets = lost,
            },
            Plan = World.Plan(_world.Topology, inventory, _moved.Options with { TakeBack = _book.Fights.Turned() }),
            Behind = ImmutableDictionary<string, Ipam.Hosts.HostUid>.Empty,
            Ledgers = ImmutableSortedDictionary<string, StoredLedger>.Empty,
            Readings = ImmutableSortedDictionary<string, LedgerReading>.Empty.Add(Table, reading),
            Vpc = new SeenVpc { Vpc = inventory.Vpc },
        };
    }

    private void Learn(RoutePicture picture, SendSelection selection, LedgerSpec before, TableOutcome outcome)
    {
        _book.Fights.Learn(outcome);
        _book.Unconfirm(outcome.Results.Select(result => result.Change));
        _book.Learn(outcome, picture.Readings[Table].Table);
        _ledger = LedgerPlanner.WithResults(LedgerPlanner.TakenBack(_ledger, before, selection.Changes, outcome), outcome.Results, _pen with { Now = _clock.GetUtcNow() });
    }

    private (TableBook, Sendable) Remembered()
    {
        var book = new TableBook(_clock);
        return (book, new Sendable(book, WalkedTable.CallTimeout));
    }
}
