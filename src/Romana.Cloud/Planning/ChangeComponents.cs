using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// Changes of one table that must be ordered among each other. A change above another is in its component unless a route
/// that stays lies between them: below that one nothing ever falls to the one above.
/// </summary>
internal sealed class ChangeComponent
{
    public List<TableChange> Changes { get; } = [];

    public int Creates => Changes.Count(change => change.Op == RouteOp.Create);

    public int Deletes => Changes.Count(change => change.Op == RouteOp.Delete);

    /// <summary>The widest of its prefixes: all others are inside.</summary>
    public Cidr Top => Changes[0].Destination;

    public static List<ChangeComponent> Split(IEnumerable<TableChange> changes, IEnumerable<Cidr> staying)
    {
        var order = changes.Select(change => (change.Destination, Change: (TableChange?)change))
            .Concat(staying.Select(destination => (Destination: destination, Change: (TableChange?)null)))
            .OrderBy(item => item.Destination);
        var found = new List<ChangeComponent>();
        var path = new Stack<(Cidr Destination, TableChange? Change)>();
        foreach (var item in order)
        {
            while (path.TryPeek(out var top) && !top.Destination.Contains(item.Destination)) path.Pop();
            if (item.Change is { } change)
            {
                if (path.TryPeek(out var above) && above.Change is { } parent) change.Component = parent.Component;
                else
                {
                    change.Component = found.Count;
                    found.Add(new ChangeComponent());
                }

                found[change.Component].Changes.Add(change);
            }

            path.Push(item);
        }

        return found;
    }
}
