using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// Make before break within the quota. Inside a component: creates and replaces from the longest prefix to the shortest,
/// then, settled, deletes from the shortest to the longest. Then every address goes once, straight from its old match to
/// its final one: when a shorter route appears or turns, all longer ones of the final state stand already, and when a
/// surplus route goes, no shorter surplus is left to fall to. Components are independent, so they go together as far as
/// the room allows; what gives room back goes first. A component that has no room even alone is tried step by step.
/// </summary>
internal sealed class ChangeOrder(RouteEvaluation evaluation, IpFamily family)
{
    private readonly List<TableChange> _ordered = [];

    /// <summary>Changes in their order.</summary>
    public IReadOnlyList<TableChange> Ordered => _ordered;

    /// <summary>Components for which no order was found that loses no address within the quota.</summary>
    public List<ChangeComponent> Stuck { get; } = [];

    /// <param name="standing">Every route of the table that counts for forwarding.</param>
    /// <param name="free">Routes that the table can still take.</param>
    public void Arrange(List<ChangeComponent> components, IReadOnlyDictionary<Cidr, Hop> standing, int free)
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
            var batch = TakeBatch(waiting, ref free);
            if (batch.Count > 0) Emit(batch, ref free);
            else if (!StepByStep(waiting, standing, ref free))
            {
                Stuck.AddRange(waiting);
                return;
            }
        }
    }

    private static List<ChangeComponent> TakeBatch(List<ChangeComponent> waiting, ref int free)
    {
        var batch = new List<ChangeComponent>();
        var left = new List<ChangeComponent>();
        foreach (var component in waiting)
        {
            var creates = component.Creates;
            if (creates > 0 && creates > free)
            {
                left.Add(component);
                continue;
            }

            free -= creates;
            batch.Add(component);
        }

        waiting.Clear();
        waiting.AddRange(left);
        return batch;
    }

    private void Emit(List<ChangeComponent> batch, ref int free)
    {
        var changes = batch.SelectMany(component => component.Changes).ToList();
        var made = new HashSet<int>();
        foreach (var change in changes.Where(change => change.Op != RouteOp.Delete).OrderByDescending(change => change.Destination.Length).ThenBy(change => change.Destination))
        {
            made.Add(change.Component);
            _ordered.Add(change);
        }

        foreach (var change in changes.Where(change => change.Op == RouteOp.Delete)
            .OrderBy(change => made.Contains(change.Component)).ThenBy(change => change.Destination.Length).ThenBy(change => change.Destination))
        {
            change.AfterSettle = made.Contains(change.Component);
            if (change.AfterSettle) change.Awaits = [.. changes.Where(other => other.Op != RouteOp.Delete && other.Component == change.Component).Select(other => other.Destination)];
            _ordered.Add(change);
            free++;
        }
    }

    /// <summary>
    /// The first component for which any next step that loses nothing leads to the end; a neighbour may carry an address
    /// for a while. What it gives back may be room for the others.
    /// </summary>
    private bool StepByStep(List<ChangeComponent> waiting, IReadOnlyDictionary<Cidr, Hop> standing, ref int free)
    {
        foreach (var component in waiting)
        {
            var walk = new StepwiseOrder(evaluation, component, standing, family);
            if (!walk.TryArrange(free)) continue;
            _ordered.AddRange(walk.Steps);
            free += component.Deletes - component.Creates;
            waiting.Remove(component);
            return true;
        }

        return false;
    }
}
