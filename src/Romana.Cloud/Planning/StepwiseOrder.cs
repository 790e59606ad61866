using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// An order for one component that has too little room for make-before-break as a whole: takes whatever single step
/// reaches no address worse than before and keeps the quota, until none is left or none is possible.
/// </summary>
internal sealed class StepwiseOrder
{
    private readonly RouteEvaluation _evaluation;
    private readonly List<TableChange> _waiting;
    private readonly Dictionary<Cidr, Hop> _routes;
    private readonly List<PlanBlock> _blocks;
    private LongestMatch _match;

    public StepwiseOrder(RouteEvaluation evaluation, ChangeComponent component, IReadOnlyDictionary<Cidr, Hop> standing, IpFamily family)
    {
        _evaluation = evaluation;
        // What gives room back first, then what turns, then what takes room.
        _waiting = [.. component.Changes
            .OrderBy(change => change.Op switch { RouteOp.Delete => 0, RouteOp.Replace => 1, _ => 2 })
            .ThenBy(change => change.Op == RouteOp.Delete ? change.Destination.Length : -change.Destination.Length)
            .ThenBy(change => change.Destination)];
        _routes = standing.Where(route => route.Key.Overlaps(component.Top)).ToDictionary();
        _blocks = [.. evaluation.Counted(family).Where(block => block.Cidr.Overlaps(component.Top))];
        _match = new LongestMatch(_routes.Values);
    }

    public List<TableChange> Steps { get; } = [];

    public bool TryArrange(int free)
    {
        var made = false;
        while (_waiting.Count > 0)
        {
            var at = _waiting.FindIndex(change => (change.Op != RouteOp.Create || free > 0) && TryStep(change));
            if (at < 0) return false;
            var change = _waiting[at];
            _waiting.RemoveAt(at);
            change.AfterSettle = change.Op == RouteOp.Delete && made;
            if (change.AfterSettle) change.Awaits = [.. Steps.Where(step => step.Op != RouteOp.Delete).Select(step => step.Destination)];
            made |= change.Op != RouteOp.Delete;
            free += change.Op switch { RouteOp.Create => -1, RouteOp.Delete => 1, _ => 0 };
            Steps.Add(change);
        }

        return true;
    }

    private bool TryStep(TableChange change)
    {
        var before = _routes.TryGetValue(change.Destination, out var stood);
        if (change.To is { } to) _routes[change.Destination] = to;
        else _routes.Remove(change.Destination);
        var after = new LongestMatch(_routes.Values);
        if (!_evaluation.Worse(_match, after, _blocks.Where(block => block.Cidr.Overlaps(change.Destination))).Any())
        {
            _match = after;
            return true;
        }

        if (before) _routes[change.Destination] = stood;
        else _routes.Remove(change.Destination);
        return false;
    }
}
