using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// From what stands in one table and family and what is wanted there to the calls in their order, and to what of the
/// wanted could not be had without loss.
/// </summary>
internal sealed class TableOrder(PlanGround ground, RouteEvaluation evaluation, TableView view)
{
    private readonly List<Cidr> _kept = [];

    /// <summary>In the order in which they are to be made.</summary>
    public List<RouteChange> Calls { get; } = [];

    /// <summary>Destinations where what stands, or nothing, stays although something else was wanted.</summary>
    public IReadOnlyList<Cidr> Kept => _kept;

    public void Arrange(WantedRoutes wanted)
    {
        var ends = Ends(wanted);
        if (ends.Count == 0) return;
        var table = Read(ends);
        var standing = Standing(table);
        var (kept, gone, runs) = (new HashSet<int>(), new HashSet<int>(), new List<List<TableChange>>());
        var free = view.Quota - view.Foreign - view.Owned;
        bool went;
        do
        {
            // What was reached better on the way to a dead end may not be given up again: what is left is looked at anew.
            kept.UnionWith(NoWorseEnd.Keep(table));
            var order = new ChangeOrder(table, ground, gone);
            order.Arrange(ChangeComponent.Split(table), free - runs.Sum(run => run.Sum(step => step.Adds)));
            runs.AddRange(order.Runs);
            foreach (var (destination, host) in order.Instead) wanted.AddOwn(destination, host, 1);
            went = order.Stuck.Count > 0 && order.Runs.Count > 0;
        }
        while (went);
        kept.UnionWith(Enumerable.Range(0, table.Tree.Count).Where(node => !table.IsDone(node)));
        Revert(table, wanted, kept);
        Call(table, standing, runs);
    }

    /// <summary>Destinations whose route changes, with what shall stand there.</summary>
    private Dictionary<Cidr, Hop?> Ends(WantedRoutes wanted)
    {
        var ends = new Dictionary<Cidr, Hop?>();
        foreach (var route in wanted.Routes.Values)
        {
            var stands = view.Routes.TryGetValue(route.Destination, out var standing) && standing.Kind != Planning.Standing.Propagated;
            if (!stands || standing.Target != route.Target)
                ends[route.Destination] = new Hop(route.Destination, route.Target, ground.Hosts.Behind(route.Target));
        }

        foreach (var stands in view.Routes.Values)
        {
            if (stands.Kind == Planning.Standing.Ours && !wanted.Routes.ContainsKey(stands.Destination)) ends[stands.Destination] = null;
        }

        return ends;
    }

    private Forwarding Read(Dictionary<Cidr, Hop?> ends)
    {
        var spaces = new SpaceSet(ends.Keys);
        var routes = view.Routes.Values.Where(route => spaces.Overlaps(route.Destination)).ToList();
        var beneath = view.Propagated.Where(route => spaces.Overlaps(route.Key)).Select(route => HopOf(route.Key, route.Value)).ToList();
        var tree = new PrefixTree(
            ends.Keys.Concat(routes.Select(route => route.Destination)).Concat(beneath.Select(hop => hop.Destination)),
            Disjoint(evaluation.Counted(view.Family).Where(block => spaces.Overlaps(block.Cidr))));
        var table = new Forwarding(
            tree, evaluation, routes.Where(route => route.Kind != Planning.Standing.Propagated).Select(route => HopOf(route.Destination, route.Target)), beneath);
        foreach (var (destination, hop) in ends) table.SetFinal(tree.IndexOf(destination), hop);
        return table;
    }

    /// <summary>Blocks that overlap an earlier one are left out: nothing moves for either (I2).</summary>
    private static List<PlanBlock> Disjoint(IEnumerable<PlanBlock> blocks)
    {
        var disjoint = new List<PlanBlock>();
        foreach (var block in blocks)
        {
            if (disjoint.Count == 0 || !disjoint[^1].Cidr.Contains(block.Cidr)) disjoint.Add(block);
        }

        return disjoint;
    }

    private static Hop?[] Standing(Forwarding table) => [.. Enumerable.Range(0, table.Tree.Count).Select(node => table[node])];

    private void Revert(Forwarding table, WantedRoutes wanted, HashSet<int> kept)
    {
        foreach (var node in kept.Order())
        {
            var destination = table.Tree[node];
            _kept.Add(destination);
            if (!view.Routes.TryGetValue(destination, out var stands) || stands.Kind is Planning.Standing.Adoptable or Planning.Standing.Propagated) wanted.Remove(destination);
            else wanted.AddStill(stands, ground.Hosts.HostBehind(stands.Target), "stands: no order of changes loses nothing");
        }
    }

    /// <summary>
    /// What waits for no settling goes before what does, as far as it shares no address with it; steps that share none
    /// may change places.
    /// </summary>
    private void Call(Forwarding table, Hop?[] standing, IReadOnlyList<List<TableChange>> runs)
    {
        var ours = view.Ours.Select(route => table.Tree.IndexOf(route.Destination)).Where(node => node >= 0).ToHashSet();
        List<TableChange> planned = [.. runs.SelectMany(run => run)];
        var needs = Needs(table, standing, ours, planned);
        var steps = new List<TableChange>(planned.Count);
        foreach (var run in runs)
        {
            var late = new LateSteps(table.Tree);
            var waits = run.Select((step, index) => late.Take(step.Node, needs[steps.Count + index].OnStep >= 0)).ToList();
            steps.AddRange([.. run.Where((_, index) => !waits[index]), .. run.Where((_, index) => waits[index])]);
        }

        if (!steps.SequenceEqual(planned)) needs = Needs(table, standing, ours, steps);
        Calls.AddRange(steps.Select((step, index) => step.ToCall(view.Id, needs[index])));
    }

    private static List<SettleNeed> Needs(Forwarding table, Hop?[] standing, HashSet<int> ours, List<TableChange> steps)
    {
        foreach (var step in steps) table.Set(step.Node, standing[step.Node]);
        return SettleNeeds.Of(table, ours, steps);
    }

    private Hop HopOf(Cidr destination, string target) => new(destination, target, ground.Hosts.Behind(target));
}

/// <summary>Steps of one run that wait, and those that share an address with an earlier one that waits.</summary>
internal sealed class LateSteps(PrefixTree tree)
{
    private readonly HashSet<int> _late = [];
    private readonly HashSet<int> _above = [];

    public bool Take(int node, bool waits)
    {
        var path = new List<int>();
        for (var at = node; at >= 0; at = tree.Parent(at)) path.Add(at);
        if (!waits && !_above.Contains(node) && !path.Exists(_late.Contains)) return false;
        _late.Add(node);
        _above.UnionWith(path);
        return true;
    }
}
