namespace Romana.Cloud.Planning;

/// <summary>
/// An order for changes that have too little room for make-before-break as a whole. Takes, of the steps that reach no
/// address worse: what needs no room and loses no hop; creates while more than one place is free; creates that give
/// more room back than they take; then removals for which an address takes an extra hop for a while; the last free place
/// where a removal follows; then a detour, which leads a whole prefix to one router until all under it is in place.
/// With one free place a detour always leads to the end where the hosts of a group share a link and one of them is Up.
/// Elsewhere the order may be missed: see <see cref="OrderSearch"/>.
/// </summary>
/// <param name="mayDetour">Without, the last place goes to creates that let a turn follow.</param>
internal sealed class StepwiseOrder(Forwarding table, PlanGround ground, int free, bool mayDetour)
{
    private readonly HashSet<int> _detoured = [];
    private List<int> _waiting = [];

    public List<TableChange> Steps { get; } = [];

    /// <returns>Prefixes that could not be taken to their end.</returns>
    public List<int> Arrange(IEnumerable<int> nodes)
    {
        // Longest first, as in the order of a component that has room.
        _waiting = [.. nodes.OrderByDescending(node => table.Tree[node].Length).ThenBy(node => node)];
        while (_waiting.Count > 0)
        {
            if (!(Turn() || Create(1) || Remove() || CreateForRoom() || RemoveForRoom() || CreateLast(IsRemoval) || (mayDetour && Detour())
                || CreateLast(node => !IsCreate(node)))) break;
        }

        return _waiting;
    }

    private bool Turn() => TakeAll(node => table[node] is not null && table.Final(node) is not null && IsSafe(node));

    /// <param name="spare">Places that stay free.</param>
    private bool Create(int spare) => TakeAll(node => free > spare && IsCreate(node) && IsSafe(node));

    /// <summary>All removals, from the shortest to the longest, for which no address goes to anything but its final match with a hop more.</summary>
    private bool Remove()
    {
        var gone = new HashSet<int>();
        foreach (var node in _waiting.Where(IsRemoval).OrderBy(node => table.Tree[node].Length).ThenBy(node => node).ToList())
        {
            if ((table.Effect(node, null) & (StepEffect.Loses | StepEffect.Passing)) != 0) continue;
            Step(node, null);
            gone.Add(node);
        }

        return _waiting.RemoveAll(gone.Contains) > 0;
    }

    /// <summary>One removal, of few addresses rather than of many, that only adds a hop for a while.</summary>
    private bool RemoveForRoom() => _waiting.FindIndex(node => IsRemoval(node) && IsSafe(node)) is >= 0 and var at && Take(_waiting[at]);

    /// <summary>The create under which most routes go, less those that have to come first.</summary>
    private bool CreateForRoom()
    {
        if (free < 1) return false;
        var candidates = _waiting.Where(IsCreate).Select(node => (Node: node, Room: RoomUnder(node)))
            .Where(candidate => candidate.Room > 0).OrderByDescending(candidate => candidate.Room);
        foreach (var (node, _) in candidates)
        {
            if (IsSafe(node)) return Take(node);
        }

        return false;
    }

    private int RoomUnder(int node)
    {
        var room = 0;
        for (var under = node + 1; under < table.Tree.End(node); under++)
        {
            if (table.IsDone(under)) continue;
            room += table.Final(under) is null ? 1 : table[under] is null ? -1 : 0;
        }

        return room;
    }

    /// <summary>
    /// Leads the widest prefix that still changes in a group to a router: from there on nothing under it is lost by any
    /// step, because every address falls to the router at the worst.
    /// </summary>
    private bool Detour()
    {
        foreach (var node in _waiting.AsEnumerable().Reverse())
        {
            if (_detoured.Contains(node) || (table[node] is null && free < 1)) continue;
            var group = ground.Groups.Find(one => one.OneLink && one.Cidr.Contains(table.Tree[node]));
            if (group is null || RouterOf(group, node) is not { } router) continue;
            if (table.Effect(node, router).HasFlag(StepEffect.Loses)) continue;
            _detoured.Add(node);
            Step(node, router);
            if (table.IsDone(node)) _waiting.Remove(node);
            return true;
        }

        return false;
    }

    /// <summary>The one that will lead there, else the one that leads the group, else the first; null when one leads there already.</summary>
    private Hop? RouterOf(PlanGroup group, int node)
    {
        if (table[node] is { Host: >= 0 and var leads } && MayLead(group, leads)) return null;
        var final = table.Final(node)?.Host ?? -1;
        if (final >= 0 && MayLead(group, final)) return table.Final(node);
        if (group.Routers.IsEmpty) return null;
        var host = ground.Hosts[group.Routers[0]];
        return new Hop(table.Tree[node], host.Eni, host.Index);
    }

    private bool MayLead(PlanGroup group, int host) => group.Members.Contains(host) && ground.Hosts[host].CanLead;

    /// <summary>The last place goes to the last create, or to one that lets such a step follow.</summary>
    private bool CreateLast(Predicate<int> follower)
    {
        if (free != 1) return false;
        foreach (var node in _waiting.Where(node => IsCreate(node) && IsSafe(node)))
        {
            table.Set(node, table.Final(node));
            var follows = _waiting.Exists(next => next != node && follower(next) && IsSafe(next));
            table.Set(node, null);
            if (follows || _waiting.Count == 1) return Take(node);
        }

        return false;
    }

    private bool IsCreate(int node) => table[node] is null && table.Final(node) is not null;

    private bool IsRemoval(int node) => table[node] is not null && table.Final(node) is null;

    private bool IsSafe(int node) => !table.Effect(node, table.Final(node)).HasFlag(StepEffect.Loses);

    private bool TakeAll(Func<int, bool> ready)
    {
        var before = _waiting.Count;
        _waiting.RemoveAll(node =>
        {
            if (!ready(node)) return false;
            Step(node, table.Final(node));
            return true;
        });
        return _waiting.Count < before;
    }

    private bool Take(int node)
    {
        _waiting.Remove(node);
        Step(node, table.Final(node));
        return true;
    }

    private void Step(int node, Hop? to)
    {
        var step = new TableChange(node, table.Tree[node], table[node], to);
        table.Set(node, to);
        free -= step.Adds;
        Steps.Add(step);
    }
}
