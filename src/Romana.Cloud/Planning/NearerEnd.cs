using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// Another end for a component that has no order to the wanted one: what stands, with what of the wanted reaches an
/// address better and none worse, and a route of its own for each block that is still not reached. One place stays free.
/// </summary>
/// <param name="gone">Prefixes whose route was removed on the way: none is made there again.</param>
internal sealed class NearerEnd(Forwarding table, PlanGround ground, ChangeComponent component, HashSet<int> gone, int free)
{
    public List<TableChange> Steps { get; } = [];

    /// <summary>Routes that stand in for wanted ones.</summary>
    public List<(Cidr Destination, PlanHost Host)> Instead { get; } = [];

    public void Arrange()
    {
        var waiting = component.Nodes.Where(node => table.Final(node) is not null).OrderByDescending(node => table.Tree[node].Length).ToList();
        while (waiting.RemoveAll(node => table.IsDone(node) || TryStep(node, table.Final(node))) > 0)
        {
        }

        var changing = component.Nodes.ToHashSet();
        var top = component.Nodes[0];
        for (var node = top; node < table.Tree.End(top); node++)
        {
            // What stands of others, or may not move, is no place for it.
            if (gone.Contains(node) || (table[node] is not null && !changing.Contains(node))) continue;
            if (HolderOf(node) is not { } host || !TryStep(node, new Hop(table.Tree[node], host.Eni, host.Index))) continue;
            table.SetFinal(node, table[node]);
            Instead.Add((table.Tree[node], host));
        }
    }

    /// <summary>Host of the block that the prefix is, when it takes routes and is not reached.</summary>
    private PlanHost? HolderOf(int node)
    {
        if (table.Tree.Need(node) is not (>= 0 and var at)) return null;
        var block = table.Tree.Blocks[at];
        if (block.Cidr != table.Tree[node] || block.Host < 0 || block.Group < 0) return null;
        var match = table.Match(node);
        if (match >= 0 && table.Of(at, table.Effective(match, table[match])) >= Reach.Router) return null;
        var takes = ground.Groups[block.Group].Duty is GroupDuty.Exact or GroupDuty.Covered && ground.Hosts[block.Host].TakesOwn;
        return takes ? ground.Hosts[block.Host] : null;
    }

    private bool TryStep(int node, Hop? to)
    {
        if ((table[node] is null && free <= 1) || table.Effect(node, to) != StepEffect.Improves) return false;
        var step = new TableChange(node, table.Tree[node], table[node], to);
        free -= step.Adds;
        table.Set(node, to);
        Steps.Add(step);
        return true;
    }
}
