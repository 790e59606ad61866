using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Cloud.Planning;
using Romana.Cloud.Tests.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;
using World = Romana.Cloud.Tests.Planning.World;

namespace Romana.Cloud.Tests.Control;

/// <summary>The process died during a call.</summary>
internal sealed class KilledException : Exception;

/// <summary>
/// One route table as EC2 has it, with a drawn outcome for each call, and the judge of R1, R2, R5 and the settle rule
/// after every one. Describes show some state of the last five minutes, and none
/// that is older than one shown before.
/// </summary>
internal sealed class WalkedTable(InventoryTable start, IpFamily family, bool mayAdopt, InstantClock clock, Random random) : IRouteCalls
{
    public static readonly TimeSpan Lag = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly List<(DateTimeOffset At, InventoryTable Table)> _states = [(DateTimeOffset.MinValue, start)];
    private readonly List<(DateTimeOffset At, RouteChange Call, InventoryTable Before)> _made = [];
    private readonly List<(DateTimeOffset At, RouteChange Call)> _onTheWire = [];
    private readonly Dictionary<string, DateTimeOffset> _sick = new(StringComparer.Ordinal);
    private CallWalk _walk = null!;
    private InventoryTable _start = start;
    private Dictionary<IpAddress, SlowJudge.Match> _reached = null!;
    private int _quota = int.MaxValue;
    private int _shown;
    private bool _changed;

    public InventoryTable Now => _states[^1].Table;

    /// <summary>Part of the calls that do not simply succeed.</summary>
    public double Faults { get; set; }

    public List<string> Story { get; } = [];
    public int Calls { get; private set; }
    public int Troubles { get; private set; }
    public CancellationTokenSource Overtaken { get; private set; } = new();

    /// <summary>A pass begins, and takes the hosts for those of that world.</summary>
    /// <param name="ledger">What was adopted and written is ours from then on.</param>
    public void Begin(SmallWorld believed, LedgerSpec ledger)
    {
        if (mayAdopt) _start = Now with { Routes = [.. Now.Routes.Select(route => route with { Owned = ledger.Entries.Any(entry => entry.Destination.ToString() == route.Destination && entry.Knows(route.Target)) })] };
        _walk = new CallWalk(believed, family, mayAdopt);
        _reached = _walk.Reach(Now);
        Overtaken = new CancellationTokenSource();
    }

    /// <summary>The world is another one: what a dead process still had on the wire was right for the old one, and nobody can hold it.</summary>
    public void Change(string what)
    {
        Story.Add($"-- {what}");
        _changed = true;
    }

    /// <summary>Nothing stands in the way of a call any more.</summary>
    public void Heal()
    {
        (Faults, _quota) = (0, int.MaxValue);
        _sick.Clear();
    }

    public InventoryTable Describe() => Shown(Faults == 0 || random.Next(2) == 0 ? TimeSpan.Zero : Lag * random.NextDouble() * 0.99);

    public Task<SeenTable?> TableAsync(string table, CancellationToken cancel) =>
        Task.FromResult<SeenTable?>(new SeenTable { Id = table, Routes = Describe().Routes });

    public Task<MutationOutcome> ApplyAsync(RouteChange change, CallPriority priority, CancellationToken overtaken, CancellationToken cancel)
    {
        clock.Advance(TimeSpan.FromMilliseconds(200));
        Land();
        Calls++;
        if (overtaken.IsCancellationRequested && random.Next(2) == 0) return Task.FromResult(MutationOutcome.Overtaken);
        if (Refusal(change) is { } refused) return Task.FromResult(Tell(change, refused));
        var outcome = random.NextDouble() >= Faults ? Make(change, OutcomeKind.Done) : Trouble(change);
        if (Faults > 0 && random.Next(20) == 0) Overtaken.Cancel();
        return Task.FromResult(outcome);
    }

    /// <summary>What was on the wire when a process died has come by now, or never does.</summary>
    public void Land()
    {
        foreach (var (at, call) in _onTheWire.Where(one => one.At <= clock.GetUtcNow()).ToList())
        {
            _onTheWire.Remove((at, call));
            if (Refusal(call) is null) Make(call, OutcomeKind.Unknown, at);
        }
    }

    private MutationOutcome Trouble(RouteChange change)
    {
        Troubles++;
        switch (random.Next(10))
        {
            case 0 or 1: return Make(change, OutcomeKind.Unknown);
            case 2: return Tell(change, OutcomeKind.Unknown);
            case 3: return Tell(change, OutcomeKind.Throttled);
            case 4: return Tell(change, OutcomeKind.Refused);
            case 5 when change.Op == RouteOp.Create:
                _quota = Counting(Now);
                return Tell(change, OutcomeKind.LimitExceeded);
            case 6 when change.Op != RouteOp.Delete:
                _sick[change.Target] = clock.GetUtcNow().AddSeconds(90);
                return Tell(change, random.Next(2) == 0 ? OutcomeKind.TargetMissing : OutcomeKind.TargetUnhealthy);
            case 7:
                Make(change, OutcomeKind.Unknown);
                throw new KilledException();
            case 8:
                Tell(change, OutcomeKind.Unknown);
                _changed = false;
                if (random.Next(2) == 0) _onTheWire.Add((clock.GetUtcNow() + (CallTimeout * random.NextDouble()), change));
                throw new KilledException();
            default: return Make(change, OutcomeKind.Unknown);
        }
    }

    /// <summary>EC2's own answer to what cannot be; null where nothing stands in the way.</summary>
    private OutcomeKind? Refusal(RouteChange change)
    {
        var stands = Now.Routes.Any(route => route.Destination == change.Destination.ToString() && !route.Propagated);
        return change.Op switch
        {
            RouteOp.Create when stands => OutcomeKind.RouteExists,
            RouteOp.Create when Counting(Now) >= _quota => OutcomeKind.LimitExceeded,
            RouteOp.Replace or RouteOp.Delete when !stands => OutcomeKind.RouteMissing,
            RouteOp.Create or RouteOp.Replace when _sick.GetValueOrDefault(change.Target) > clock.GetUtcNow() => OutcomeKind.TargetMissing,
            _ => null,
        };
    }

    private MutationOutcome Make(RouteChange change, OutcomeKind said, DateTimeOffset? landed = null)
    {
        var (before, at) = (Now, landed ?? clock.GetUtcNow());
        var where = $"{CallWalk.Text(change)}: made, {said}";
        Story.Add($"{at:mm:ss.f} {where}");
        var after = World.Apply(before, change);
        _states.Add((at, after));
        _walk.CheckTable(_start, before, after, where);
        var reached = _walk.Reach(after);
        if (landed is null || !_changed) CallWalk.CheckReach(_reached, reached, where);
        _reached = reached;
        var open = _made.Where(one => at - one.At < Settle).ToList();
        if (open.Count > 0 && landed is null) _walk.CheckOpen(open[0].Before, [.. open.Select(one => one.Call)], change, where);
        _made.Add((at, change, before));
        return new MutationOutcome(said);
    }

    private MutationOutcome Tell(RouteChange change, OutcomeKind kind)
    {
        Story.Add($"{change.Op} {change.Destination} {change.From}>{change.Target}: {kind}");

        // What EC2 refuses now it has refused, or will, when it comes again.
        if (kind is OutcomeKind.Refused or OutcomeKind.LimitExceeded or OutcomeKind.TargetMissing or OutcomeKind.TargetUnhealthy)
            _onTheWire.RemoveAll(one => one.Call.Destination == change.Destination);
        return new MutationOutcome(kind, kind.ToString());
    }

    private InventoryTable Shown(TimeSpan age)
    {
        var at = clock.GetUtcNow() - age;
        _shown = Math.Max(_shown, _states.FindLastIndex(state => state.At <= at));
        var shown = _states[_shown].Table;
        return shown with { Routes = [.. shown.Routes.Select(route => route with { Owned = false })] };
    }

    private int Counting(InventoryTable table) => TableBook.Counting(table, family);
}
