using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// Make before break within the quota. Inside a component: creates and replaces from the longest prefix to the shortest,
/// then deletes from the shortest to the longest. Then every address goes once, straight from its old match to its final
/// one: when a shorter route appears or turns, all longer ones of the final state stand already, and when a surplus route
/// goes, no shorter surplus is left to fall to. Components are independent, so they go together as far as the room allows;
/// what gives room back goes first. What has no room that way goes step by step.
/// </summary>
/// <param name="gone">Prefixes whose route was removed before; those of this order are added.</param>
internal sealed class ChangeOrder(Forwarding table, PlanGround ground, HashSet<int> gone)
{
    private readonly List<List<TableChange>> _runs = [];

    /// <summary>In their order, in runs whose steps may change places where they share no address.</summary>
    public IReadOnlyList<List<TableChange>> Runs => _runs;

    /// <summary>Components for which no order was found that loses no address within the quota.</summary>
    public List<ChangeComponent> Stuck { get; } = [];

    /// <summary>Routes made in the place of wanted ones for which there was no order.</summary>
    public List<(Cidr Destination, PlanHost Host)> Instead { get; } = [];

    /// <param name="free">Routes that the table can still take; less than 0 when it is over its quota.</param>
    public void Arrange(List<ChangeComponent> components, int free)
    {
        var waiting = components
            .OrderBy(component => component.Creates > component.Deletes)
            .ThenBy(component => component.Creates > component.Deletes ? -component.Deletes : component.Creates)
            .ToList();
        if (waiting.Sum(component => component.Creates) > free)
        {
            // What needs no room goes first only where room is short: else whoever waits to be reached would wait for it.
            Emit([.. waiting.Where(component => component.Creates == 0)], ref free);
            waiting.RemoveAll(component => component.Creates == 0);
        }

        while (waiting.Count > 0)
        {
            if (TakeBatch(waiting, free) is { Count: > 0 } batch) Emit(batch, ref free);
            else if (!StepAlone(waiting, ref free))
            {
                StepTogether(waiting, ref free);
                return;
            }
        }
    }

    /// <summary>As many as fit from the head of the line. Who comes later and grows must not take the room that the head waits for.</summary>
    private static List<ChangeComponent> TakeBatch(List<ChangeComponent> waiting, int free)
    {
        var batch = new List<ChangeComponent>();
        foreach (var component in waiting)
        {
            if (component.Creates > 0 && component.Creates > free) break;
            free -= component.Creates;
            batch.Add(component);
        }

        waiting.RemoveRange(0, batch.Count);
        return batch;
    }

    private void Emit(List<ChangeComponent> batch, ref int free)
    {
        var nodes = batch.SelectMany(component => component.Nodes).ToList();
        var run = nodes.Where(node => table.Final(node) is not null).OrderByDescending(node => table.Tree[node].Length).ThenBy(node => node)
            .Concat(nodes.Where(node => table.Final(node) is null).OrderBy(node => table.Tree[node].Length).ThenBy(node => node))
            .Select(node => new TableChange(node, table.Tree[node], table[node], table.Final(node)))
            .ToList();
        foreach (var change in run) table.Set(change.Node, change.To);
        free -= run.Sum(change => change.Adds);
        gone.UnionWith(run.Where(change => change.To is null).Select(change => change.Node));
        if (run.Count > 0) _runs.Add(run);
    }

    /// <summary>
    /// The first component that comes to its end step by step. Those that give room back come first: what they wait for
    /// may be the very place that another takes for good.
    /// </summary>
    private bool StepAlone(List<ChangeComponent> waiting, ref int free)
    {
        var least = waiting.Min(component => Math.Sign(component.Creates - component.Deletes));
        foreach (var component in waiting.Where(component => Math.Sign(component.Creates - component.Deletes) == least))
        {
            if (Stepwise(component.Nodes, free) is not { Left.Count: 0 } walk) continue;
            Take(walk.Steps, ref free);
            waiting.Remove(component);
            return true;
        }

        return false;
    }

    /// <summary>
    /// All that waits, so that room which one gives back half-way serves the others. Those that do not come to their end
    /// are looked into one by one, and left out when that does not help either.
    /// </summary>
    private void StepTogether(List<ChangeComponent> waiting, ref int free)
    {
        do
        {
            waiting.AddRange(Stuck);
            Stuck.Clear();
            Walk(waiting, ref free);
        }
        while (SearchOne(ref free));
        foreach (var component in Stuck)
        {
            var nearer = new NearerEnd(table, ground, component, gone, free);
            nearer.Arrange();
            Take(nearer.Steps, ref free);
            Instead.AddRange(nearer.Instead);
        }
    }

    private void Walk(List<ChangeComponent> waiting, ref int free)
    {
        while (waiting.Count > 0)
        {
            var (steps, left) = Stepwise([.. waiting.SelectMany(component => component.Nodes)], free);
            if (left.Count == 0)
            {
                Take(steps, ref free);
                waiting.Clear();
                return;
            }

            Stuck.AddRange(waiting.Where(component => component.Nodes.Exists(left.Contains)));
            waiting.RemoveAll(Stuck.Contains);
        }
    }

    /// <summary>Without a detour, else with; the table is as it was unless nothing is left.</summary>
    private (List<TableChange> Steps, HashSet<int> Left) Stepwise(List<int> nodes, int free)
    {
        HashSet<int> left = [];
        foreach (var mayDetour in new[] { false, true })
        {
            var walk = new StepwiseOrder(table, ground, free, mayDetour);
            left = [.. walk.Arrange(nodes)];
            if (left.Count == 0) return (walk.Steps, left);
            foreach (var step in walk.Steps.AsEnumerable().Reverse()) table.Set(step.Node, step.From);
        }

        return ([], left);
    }

    private bool SearchOne(ref int free)
    {
        foreach (var component in Stuck)
        {
            if (OrderSearch.Find(table, component, gone, free) is not { } steps) continue;
            Take(steps, ref free);
            Stuck.Remove(component);
            return true;
        }

        return false;
    }

    private void Take(List<TableChange> steps, ref int free)
    {
        free -= steps.Sum(step => step.Adds);
        gone.UnionWith(steps.Where(step => step.To is null).Select(step => step.Node));

        // One run each: where room is short the steps stay in their places.
        _runs.AddRange(steps.Select(step => new List<TableChange> { step }));
    }
}
