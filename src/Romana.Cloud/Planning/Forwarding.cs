namespace Romana.Cloud.Planning;

/// <summary>What one step does to the addresses that it touches, all of them taken together.</summary>
[Flags]
internal enum StepEffect
{
    None = 0,

    /// <summary>An address is reached worse than before, as R1 counts it: such a step is never taken.</summary>
    Loses = 1,

    /// <summary>An address takes an extra hop that it did not take before.</summary>
    AddsHop = 2,

    /// <summary>An address is reached better than before.</summary>
    Improves = 4,

    /// <summary>An address that takes an extra hop now does not have its final match yet.</summary>
    Passing = 8,
}

/// <summary>
/// A table as it stands between two steps: where each address goes, and what a step would change for the blocks under
/// its destination. Looks no further than the step's own addresses.
/// </summary>
internal sealed class Forwarding
{
    private readonly RouteEvaluation _evaluation;
    private readonly Hop?[] _routes;
    private readonly Hop?[] _final;
    private readonly Hop?[] _beneath;

    /// <param name="beneath">Propagated routes: they count where no static route has their destination.</param>
    public Forwarding(PrefixTree tree, RouteEvaluation evaluation, IEnumerable<Hop> standing, IEnumerable<Hop> beneath)
    {
        Tree = tree;
        _evaluation = evaluation;
        _routes = new Hop?[tree.Count];
        _beneath = new Hop?[tree.Count];
        foreach (var hop in standing) Put(_routes, hop);
        foreach (var hop in beneath) Put(_beneath, hop);
        _final = [.. _routes];
    }

    public PrefixTree Tree { get; }

    /// <summary>The static route that stands at a prefix.</summary>
    public Hop? this[int node] => _routes[node];

    /// <summary>The static route that shall stand there in the end.</summary>
    public Hop? Final(int node) => _final[node];

    public void SetFinal(int node, Hop? hop) => _final[node] = hop;

    public bool IsDone(int node) => _routes[node]?.Target == _final[node]?.Target;

    public void Set(int node, Hop? hop) => _routes[node] = hop;

    /// <summary>Where a prefix's own addresses go if a static route, or none, stands there.</summary>
    public Hop? Effective(int node, Hop? route) => route ?? _beneath[node];

    public Reach Of(int block, Hop? hop) => _evaluation.Of(Tree.Blocks[block], hop);

    /// <summary>Prefix whose route takes a prefix's own addresses now.</summary>
    public int Match(int node)
    {
        while (node >= 0 && Effective(node, _routes[node]) is null) node = Tree.Parent(node);
        return node;
    }

    /// <summary>The same in the end.</summary>
    public int FinalMatch(int node)
    {
        while (node >= 0 && Effective(node, _final[node]) is null) node = Tree.Parent(node);
        return node;
    }

    public StepEffect Effect(int node, Hop? to)
    {
        var above = Tree.Parent(node) >= 0 ? Match(Tree.Parent(node)) : PrefixTree.None;
        var fallback = above >= 0 ? Effective(above, _routes[above]) : null;
        var before = Effective(node, _routes[node]) ?? fallback;
        var standsAfter = Effective(node, to);
        var after = standsAfter ?? fallback;
        if (before?.Target == after?.Target) return StepEffect.None;
        var (effect, matched) = (StepEffect.None, standsAfter is null ? above : node);
        for (var at = node; at < Tree.End(node);)
        {
            if (at != node && Effective(at, _routes[at]) is not null)
            {
                at = Tree.End(at);
                continue;
            }

            if (Tree.Need(at) is >= 0 and var block) effect |= Compare(block, before, after, at, matched);
            if (effect.HasFlag(StepEffect.Loses)) return effect;
            at++;
        }

        return effect;
    }

    private StepEffect Compare(int block, Hop? before, Hop? after, int at, int matched)
    {
        var (was, now) = (Of(block, before), Of(block, after));
        if (now > was) return StepEffect.Improves;
        if (now == was) return StepEffect.None;
        if (now.Floor() < was.Floor()) return StepEffect.Loses;
        var isFinal = FinalMatch(at) == matched && Effective(matched, _final[matched])?.Target == after?.Target;
        return isFinal ? StepEffect.AddsHop : StepEffect.AddsHop | StepEffect.Passing;
    }

    private void Put(Hop?[] hops, Hop hop)
    {
        var node = Tree.IndexOf(hop.Destination);
        if (node >= 0) hops[node] = hop;
    }
}
