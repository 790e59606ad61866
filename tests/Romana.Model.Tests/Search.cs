using System.Globalization;

namespace Romana.Model.Tests;

/// <summary>What a search found: how many states, and the shortest way to a violation if there is one.</summary>
public sealed record Found(int States, string? Violation, IReadOnlyList<string> Way, Sights Seen)
{
    /// <summary>How many different pairs of store and journals there are, and the sum of their fingerprints; only if asked for.</summary>
    public (int Count, ulong Sum) Outlook { get; init; }

    /// <summary>The counter-example, one step a line.</summary>
    public string Story => string.Join(Environment.NewLine, Way.Select((step, index) => string.Create(CultureInfo.InvariantCulture, $"{index + 1,3}. {step}"))
        .Append($"     {Violation}"));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{States} states; {(Violation is null ? "no violation" : $"{Violation}, after {Way.Count} steps")}");
}

/// <summary>Breadth first over all states up to the names of hosts, by as many threads as there are processors, two at most.</summary>
internal sealed class Search
{
    private const int Chunk = 128;

    private readonly Moves _moves;
    private readonly Canonical _canonical;
    private readonly Visited _visited = new();
    private readonly HashSet<ulong>? _outlook;
    private readonly List<(int From, ulong Print)> _origins = [];
    private readonly Lock _gate = new();
    private Sights _seen;
    private string? _violation;
    private ulong _last;
    private int _lastFrom;

    private Search(Mutation mutation, Bounds bounds, bool outlook)
    {
        _moves = new Moves(mutation, bounds);
        _canonical = new Canonical(mutation);
        _outlook = outlook ? [] : null;
    }

    /// <param name="outlook">Whether to count what can be seen from outside, so that two ways of searching can be compared.</param>
    internal static Found Run(Mutation mutation, Bounds bounds, bool outlook = false) => new Search(mutation, bounds, outlook).Run(bounds);

    private Found Run(Bounds bounds)
    {
        var start = _canonical.Of(_moves.Initial());
        Level[] levels = [new(_moves.Size)];
        levels[0].Add(start, -1, Canonical.Print(start));
        _visited.Add(levels[0].Origins[0].Print);
        _outlook?.Add(Canonical.Print(_canonical.Outlook(start)));
        while (_violation is null && Array.Exists(levels, level => level.Count > 0) && _origins.Count < bounds.MaxStates)
            levels = Next(levels);
        return new(_origins.Count, _violation, _violation is null ? [] : Way(), _seen)
        {
            Outlook = (_outlook?.Count ?? 0, _outlook?.Aggregate(0ul, (sum, print) => unchecked(sum + print)) ?? 0),
        };
    }

    private Level[] Next(Level[] levels)
    {
        var bases = new int[levels.Length];
        for (var level = 0; level < levels.Length; level++)
        {
            bases[level] = _origins.Count;
            _origins.AddRange(levels[level].Origins);
        }

        _visited.MakeRoom(_origins.Count * 2L + 1_000_000);
        Level[] next = [.. Enumerable.Range(0, Math.Min(2, Environment.ProcessorCount)).Select(_ => new Level(_moves.Size))];
        var taken = 0;
        Parallel.For(0, next.Length, worker =>
        {
            var state = new uint[_moves.Size];
            for (var from = Interlocked.Add(ref taken, Chunk) - Chunk; _violation is null; from = Interlocked.Add(ref taken, Chunk) - Chunk)
            {
                if (!Expand(levels, bases, from, state, next[worker])) return;
            }
        });
        return next;
    }

    /// <summary>False when there is nothing left to take.</summary>
    private bool Expand(Level[] levels, int[] bases, int from, uint[] state, Level next)
    {
        var any = false;
        for (var at = from; at < from + Chunk; at++)
        {
            var (level, index) = at < levels[0].Count ? (0, at) : (1, at - levels[0].Count);
            if (level >= levels.Length || index >= levels[level].Count) break;
            any = true;
            levels[level].Read(index, state);
            var origin = bases[level] + index;
            _moves.From(state, (reached, by) => Reach(_canonical.Of(reached), origin, next));
        }

        return any;
    }

    private void Reach(uint[] state, int from, Level next)
    {
        var print = Canonical.Print(state);
        if (!_visited.Add(print)) return;
        next.Add(state, from, print);
        var (sights, broken) = (Invariants.Seen(state), Invariants.Violation(state) ?? _moves.Fault);
        if ((sights & ~_seen) == 0 && broken is null && _outlook is null) return;
        lock (_gate)
        {
            _seen |= sights;
            _outlook?.Add(Canonical.Print(_canonical.Outlook(state)));
            if (broken is not null && _violation is null) (_violation, _last, _lastFrom) = (broken, print, from);
        }
    }

    /// <summary>
    /// Searching renames hosts at each step. So that a reader can follow one host, the way is gone once more without:
    /// of all next steps the one that leads to the state, up to names, that the search found.
    /// </summary>
    private List<string> Way()
    {
        var prints = new Stack<ulong>([_last]);
        for (var at = _lastFrom; at > 0; at = _origins[at].From) prints.Push(_origins[at].Print);
        var (state, way) = (_moves.Initial(), new List<string>());
        foreach (var print in prints)
        {
            uint[]? found = null;
            _moves.From(state, (reached, by) =>
            {
                if (found is not null || Canonical.Print(_canonical.Of((uint[])reached.Clone())) != print) return;
                found = reached;
                way.Add(Story.Tell(state, reached, by));
            });
            state = found ?? throw new InvalidOperationException("a step of the counter-example cannot be gone again");
        }

        return way;
    }
}
