namespace Romana.Cloud.Planning;

/// <summary>
/// Looks through the orders of one small component, also by way of routes that stand only for a while and of targets in
/// between, where only its own host is right for a block (hosts on several links, none Up). Finds the shortest order
/// there is within its bounds: 12 changes, 24 places with routes, helpers to hosts that own blocks under them, 2,000
/// states. A destination that was removed is not made again.
/// </summary>
internal sealed class OrderSearch
{
    private const int MostChanges = 12;
    private const int MostPlaces = 24;
    private const int MostStates = 2_000;

    private readonly Forwarding _table;
    private readonly List<Place> _places;
    private readonly Dictionary<string, (string? Before, TableChange? Step)> _seen = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, (int Cost, int Order)> _open = new();
    private readonly int _free;

    private OrderSearch(Forwarding table, ChangeComponent component, HashSet<int> gone, int free)
    {
        _table = table;
        _free = free;
        var top = component.Nodes[0];
        var helpers = Enumerable.Range(top, table.Tree.End(top) - top)
            .Where(node => table[node] is null && table.Final(node) is null && !gone.Contains(node) && OwnersUnder(node).Count > 0)
            .Take(MostPlaces - component.Nodes.Count);
        _places = [.. component.Nodes.Concat(helpers).Select(ToPlace)];
    }

    /// <param name="gone">Prefixes whose route was removed before.</param>
    /// <returns>Null when none was found; then the table is as it was, else as after the last step.</returns>
    public static List<TableChange>? Find(Forwarding table, ChangeComponent component, HashSet<int> gone, int free) =>
        component.Nodes.Count > MostChanges ? null : new OrderSearch(table, component, gone, free).Find();

    private List<TableChange>? Find()
    {
        var start = new string('\0', _places.Count);
        _seen[start] = (null, null);
        _open.Enqueue(start, (0, 0));
        while (_open.TryDequeue(out var state, out var rank))
        {
            Show(state);
            if (IsEnd(state)) return Steps(state);
            if (_seen.Count < MostStates) Expand(state, rank.Cost - Distance(state));
        }

        Show(start);
        return null;
    }

    private void Expand(string state, int made)
    {
        var room = _free - _places.Index().Sum(at => (at.Item.Hops[state[at.Index]] is null ? 0 : 1) - (at.Item.Hops[0] is null ? 0 : 1));
        for (var at = 0; at < _places.Count; at++)
        {
            var place = _places[at];
            for (var option = 1; option < place.Hops.Count; option++)
            {
                if (!place.MayGo(state[at], option) || (place.Hops[state[at]] is null && room < 1)) continue;
                var next = string.Concat(state.AsSpan(0, at), [(char)option], state.AsSpan(at + 1));
                if (_seen.ContainsKey(next) || _table.Effect(place.Node, place.Hops[option]).HasFlag(StepEffect.Loses)) continue;
                _seen[next] = (state, new TableChange(place.Node, _table.Tree[place.Node], place.Hops[state[at]], place.Hops[option]));
                _open.Enqueue(next, (made + 1 + Distance(next), _seen.Count));
            }
        }
    }

    private bool IsEnd(string state) => Distance(state) == 0;

    private int Distance(string state) => _places.Index().Count(at => !at.Item.IsEnd(state[at.Index]));

    private void Show(string state)
    {
        foreach (var (at, place) in _places.Index()) _table.Set(place.Node, place.Hops[state[at]]);
    }

    private List<TableChange> Steps(string end)
    {
        var steps = new List<TableChange>();
        for (var state = end; _seen[state] is { Before: { } before, Step: { } step }; state = before) steps.Add(step);
        steps.Reverse();
        return steps;
    }

    private Place ToPlace(int node)
    {
        var (stands, final) = (_table[node], _table.Final(node));
        var hops = new List<Hop?> { stands };
        hops.AddRange(OwnersUnder(node).Where(owner => owner.Target != stands?.Target && owner.Target != final?.Target)
            .Select(owner => (Hop?)(owner with { Destination = _table.Tree[node] })));
        hops.Add(final);
        return new Place(node, hops);
    }

    /// <summary>Routes of the table that lead to owners of blocks under the prefix, one for each owner.</summary>
    private List<Hop> OwnersUnder(int node)
    {
        var owners = new List<Hop>();
        for (var under = node; under < _table.Tree.End(node); under++)
        {
            if (_table.Tree.Need(under) is not (>= 0 and var block)) continue;
            foreach (var at in new[] { _table.Match(under), _table.FinalMatch(under) }.Where(at => at >= 0))
            {
                if ((_table[at] ?? _table.Final(at)) is { } hop && _table.Of(block, hop) == Reach.Own && !owners.Exists(owner => owner.Target == hop.Target)) owners.Add(hop);
            }
        }

        return owners;
    }

    /// <summary>One prefix with what may stand there: first what stands, last what shall; a helper begins and ends with none.</summary>
    private sealed record Place(int Node, List<Hop?> Hops)
    {
        private int Last => Hops.Count - 1;

        public bool IsEnd(int option) => option == Last || (option == 0 && Hops[0]?.Target == Hops[Last]?.Target);

        /// <summary>What is gone stays away, and only what shall be gone goes.</summary>
        public bool MayGo(int from, int to) =>
            from != to && (Hops[from] is not null || (from == 0 && Hops[to] is not null)) && !(Hops[to] is null && Hops[from] is null);
    }
}
