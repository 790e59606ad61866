namespace Romana.Cloud.Planning;

/// <summary>
/// Changes of one table that must be ordered among each other. A change above another is in its component unless a route
/// that stays lies between them: below that one nothing ever falls to the one above.
/// </summary>
internal sealed class ChangeComponent
{
    /// <summary>Prefixes that change, in address order: the first is the widest and holds all others.</summary>
    public List<int> Nodes { get; } = [];

    public int Creates { get; private set; }

    public int Deletes { get; private set; }

    public static List<ChangeComponent> Split(Forwarding table)
    {
        var found = new List<ChangeComponent>();
        var of = new ChangeComponent?[table.Tree.Count];
        for (var node = 0; node < of.Length; node++)
        {
            var parent = table.Tree.Parent(node);
            var above = parent >= 0 ? of[parent] : null;
            if (table.IsDone(node))
            {
                of[node] = table[node] is null ? above : null;
                continue;
            }

            if (above is null) found.Add(above = new ChangeComponent());
            above.Add(node, table);
            of[node] = above;
        }

        return found;
    }

    private void Add(int node, Forwarding table)
    {
        Nodes.Add(node);
        if (table[node] is null) Creates++;
        if (table.Final(node) is null) Deletes++;
    }
}
