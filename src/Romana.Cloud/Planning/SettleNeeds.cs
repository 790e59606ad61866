using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// Which steps must wait for which: EC2 orders calls, not its data plane, so a call of the last seconds may have taken
/// effect or not. A step waits for those without which an address under it could go worse than it could before the step,
/// and for no other. Steps are sent in their order, so where one has settled, all before it have.
/// </summary>
internal sealed class SettleNeeds
{
    private readonly Forwarding _table;
    private readonly HashSet<int> _ours;
    private readonly List<(int Step, Hop? Old)>?[] _open;
    private int _settled = -1;

    private SettleNeeds(Forwarding table, HashSet<int> ours)
    {
        _table = table;
        _ours = ours;
        _open = new List<(int, Hop?)>?[table.Tree.Count];
    }

    /// <param name="table">As it stands before the first step; it is left as it stands after the last one.</param>
    /// <param name="ours">Prefixes where a route of ours stands, which an earlier pass may have made or turned a moment ago.</param>
    public static List<SettleNeed> Of(Forwarding table, HashSet<int> ours, IReadOnlyList<TableChange> steps)
    {
        var needs = new SettleNeeds(table, ours);
        return [.. steps.Select((step, index) => needs.Take(index, step))];
    }

    private SettleNeed Take(int index, TableChange step)
    {
        var stood = _table[step.Node];
        var settled = _settled;
        while (true)
        {
            var before = Looks(step.Node, settled);
            (_open[step.Node] ??= []).Add((index, stood));
            _table.Set(step.Node, step.To);
            var need = Need(index, step, before, settled);

            // Waiting for one thing makes others sure, and what is sure may not be lost either.
            if (need.OnStep <= settled)
            {
                _settled = settled;
                return need;
            }

            settled = need.OnStep;
            _open[step.Node]!.RemoveAt(_open[step.Node]!.Count - 1);
            _table.Set(step.Node, stood);
        }
    }

    private SettleNeed Need(int index, TableChange step, Look[] before, int settled)
    {
        var onStep = -1;
        SortedSet<Cidr>? awaits = null;
        SortedSet<Cidr>? earlier = null;
        for (var node = step.Node; node < _table.Tree.End(step.Node); node++)
        {
            var was = before[node - step.Node];
            if (was.Worst == Reach.None) continue;
            var sure = Settling(node, index, was.Worst);
            if (sure >= 0) AddSteps(node, sure, awaits ??= []);
            AddEarlier(node, step.Node, was, LookFrom(node, Math.Max(sure, settled), step.Node), ref earlier);
            onStep = Math.Max(onStep, sure);
        }

        return new SettleNeed(onStep, [.. awaits ?? []], [.. earlier ?? []]);
    }

    private Look[] Looks(int top, int settled)
    {
        var looks = new Look[_table.Tree.End(top) - top];
        for (var node = top; node < _table.Tree.End(top); node++) looks[node - top] = LookFrom(node, settled, top);
        return looks;
    }

    /// <summary>What may become of a prefix's own addresses while no step after <paramref name="settled"/> is sure to have taken effect.</summary>
    /// <param name="stepNode">The step's own prefix: it is not doubted, or nothing would be the better for it.</param>
    private Look LookFrom(int node, int settled, int stepNode = PrefixTree.None)
    {
        var block = _table.Tree.Need(node);
        if (block < 0) return default;
        var look = new Look(Reach.None, Reach.None, Reach.None, 0);
        var (worst, sure, below, depth) = (Reach.Own, true, false, 0);
        for (var at = node; at >= 0; at = _table.Tree.Parent(at), depth++)
        {
            if (sure) look = look with { Seen = look.Seen | (1UL << Math.Min(depth, 63)) };
            var passes = See(at, _table[at], block, ref worst);
            var isSettled = false;
            foreach (var (step, old) in _open[at] ?? [])
            {
                if (step <= settled) isSettled = true;
                else passes |= See(at, old, block, ref worst);
            }

            if (passes) continue;
            if (sure) look = look with { Worst = worst.Floor() };
            sure = false;

            // A route of an earlier pass may not have taken effect yet.
            var isSure = isSettled || at == stepNode || !_ours.Contains(at);
            if (!below && (isSure || at < stepNode)) (look, below) = (look with { BelowDoubted = worst.Floor() }, true);
            if (isSure) return look with { Doubted = worst.Floor() };
        }

        return look;
    }

    /// <summary>True when that route, or none, at the prefix lets an address pass to a shorter one.</summary>
    private bool See(int node, Hop? route, int block, ref Reach worst)
    {
        if (_table.Effective(node, route) is not { } hop) return true;
        var reach = _table.Of(block, hop);
        if (reach < worst) worst = reach;
        return false;
    }

    /// <summary>
    /// The earliest step after whose settling nothing worse than before can become of a prefix's own addresses; -1 when
    /// there is nothing to wait for. That an earlier step waits too does not count: it may not be sent after all.
    /// </summary>
    private int Settling(int node, int index, Reach before)
    {
        if (LookFrom(node, -1).Worst >= before) return -1;
        var open = new SortedSet<int>();
        for (var at = node; at >= 0; at = _table.Tree.Parent(at))
        {
            foreach (var (step, _) in _open[at] ?? [])
            {
                if (step < index) open.Add(step);
            }
        }

        foreach (var step in open)
        {
            if (LookFrom(node, step).Worst >= before) return step;
        }

        return open.Count > 0 ? open.Max : -1;
    }

    private void AddSteps(int node, int last, SortedSet<Cidr> awaits)
    {
        for (var at = node; at >= 0; at = _table.Tree.Parent(at))
        {
            if ((_open[at] ?? []).Exists(one => one.Step <= last)) awaits.Add(_table.Tree[at]);
        }
    }

    /// <summary>
    /// Routes of ours that stood before: those that an address may come to only now, because they may have led elsewhere
    /// a moment ago, and all on its way where it would be lost without one of them. Only the ledger knows their age.
    /// </summary>
    private void AddEarlier(int node, int stepNode, Look was, Look now, ref SortedSet<Cidr>? earlier)
    {
        var depth = 0;
        for (var at = node; at >= 0; at = _table.Tree.Parent(at), depth++)
        {
            if (at == stepNode || !_ours.Contains(at)) continue;
            var bit = 1UL << Math.Min(depth, 63);
            var isNew = (now.Seen & bit) != 0 && (was.Seen & bit) == 0;
            if (isNew || now.Doubted < was.Doubted || (now.BelowDoubted < was.BelowDoubted && at > stepNode)) (earlier ??= []).Add(_table.Tree[at]);
        }
    }

    /// <param name="Worst">Worst way that an address may go.</param>
    /// <param name="BelowDoubted">The same if no route of an earlier pass, longer than the step's, were sure to have taken effect.</param>
    /// <param name="Doubted">The same if no such route of any length were.</param>
    /// <param name="Seen">Prefixes whose route may take the address, if all of earlier passes have; counted from the longest.</param>
    private readonly record struct Look(Reach Worst, Reach BelowDoubted, Reach Doubted, ulong Seen);
}
