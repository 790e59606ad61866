using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// One group as the aggregating strategy sees it: its blocks, what stands in it that is not ours to move, and for each
/// node of the trie who needs it, what an extra hop there costs, and which next hops would do. Nothing in it depends on
/// how many routes a table has room for, nor on which routes of ours stand.
/// </summary>
internal sealed class GroupTree
{
    /// <summary>Inherited where no route of ours leads, or one that helps nobody.</summary>
    public const int Nobody = -1;

    private readonly RouteTrie _trie = new();
    private readonly PlanHosts _hosts;
    private readonly PlanGroup _group;
    private readonly HashSet<int> _routers;
    private readonly List<int> _parent = [];
    private readonly List<StandingRoute?> _standing = [];
    private readonly List<bool> _lost = [];
    private readonly List<long> _weight = [];

    /// <param name="others">What stands inside the group's CIDR and is not ours to move or to take away, in order.</param>
    /// <param name="shift">Addresses are counted in units of two to this power.</param>
    public GroupTree(PlanGroup group, PlanHosts hosts, List<StandingRoute> others, int shift)
    {
        (_group, _hosts, _routers) = (group, hosts, [.. group.Routers]);
        _trie.Build(group.Cidr, group.Granted, others.Select(route => route.Destination));
        MustCover = group.WantsCover && _routers.Count > 0 && !(others.Count > 0 && others[0].Destination == group.Cidr && IsFixed(others[0].Kind));
        for (int node = 0, at = 0, block = 0; node < _trie.Count; node++)
        {
            while (at < others.Count && others[at].Destination < _trie[node]) at++;
            while (block < group.Granted.Count && group.Granted[block].Cidr < _trie[node]) block++;
            _parent.Add(Nobody);
            _standing.Add(at < others.Count && others[at].Destination == _trie[node] ? others[at] : null);
            IsBlock.Add(block < group.Granted.Count && group.Granted[block].Cidr == _trie[node]);
        }

        for (var node = 0; node < _trie.Count; node++) Look(node, shift);
    }

    public int Count => _trie.Count;

    public PlanGroup Group => _group;

    public RouteTrie Trie => _trie;

    /// <summary>One route for the group's CIDR to a router is part of every plan.</summary>
    public bool MustCover { get; }

    /// <summary>The node is a whole block.</summary>
    public List<bool> IsBlock { get; } = [];

    /// <summary>Hosts with two faces: as next hops of others' routes they are right for all, as ours for their own blocks alone.</summary>
    public SortedSet<int> TwoFaced { get; } = [];

    public bool HasRouter => _routers.Count > 0;

    /// <summary>Host whose addresses lie at the node and can be helped by a route of ours; Nobody for none.</summary>
    public int Need(int node) => _lost[node] ? Nobody : _trie.Need[node];

    /// <summary>Units at the node and under none of its children.</summary>
    public long Weight(int node) => _weight[node];

    /// <summary>Units of all blocks that routes of ours can help.</summary>
    public long TotalUnits => _weight.Sum();

    /// <summary>Another's route, or one of ours that may not move: it is the next hop below, whatever is chosen above.</summary>
    public bool Fixed(int node) => _standing[node] is { } route && IsFixed(route.Kind);

    /// <summary>A route of another that a route of ours may take the place of; null when there is none.</summary>
    public StandingRoute? Yielding(int node) => _standing[node] is { } route && !IsFixed(route.Kind) ? route : null;

    /// <summary>A route of ours may stand at the node: never inside a block, but over one that yields.</summary>
    public bool Placeable(int node) => !Fixed(node)
        && (node == 0 ? MustCover || _group.Duty != GroupDuty.PrefixOnly
            : _group.Duty != GroupDuty.PrefixOnly && (!_trie.InBlock[node] || Yielding(node) is not null));

    /// <summary>Taking over a route that counts already needs no room.</summary>
    public bool IsFree(int node) => Yielding(node) is { Kind: Standing.Adoptable };

    /// <summary>What the route of others at the node is as a next hop.</summary>
    public int StandingHop(int node) => _standing[node] is { } route ? HopOf(_hosts.Behind(route.Target)) : Nobody;

    /// <summary>An extra hop by way of it is right; else it is right for its own blocks alone.</summary>
    public bool Leads(int hop) => hop >= _hosts.All.Length || (hop >= 0 && _routers.Contains(hop));

    /// <summary>Node at which a route to that destination would count: the topmost inside it; -1 where it would serve nobody.</summary>
    public int NodeUnder(Cidr destination)
    {
        var node = _trie.FirstIn(destination);
        if (node < 0 || !Placeable(node) || (Yielding(node) is not null && _trie[node] != destination)) return -1;
        return node > 0 || !MustCover || destination == _group.Cidr ? node : -1;
    }

    /// <summary>How many of those routes could be part of a plan.</summary>
    public int CountNodes(IEnumerable<StandingRoute> routes) =>
        routes.Select(route => NodeUnder(route.Destination)).Where(node => node >= 0).Distinct().Count();

    /// <summary>The second face of a host, as a next hop of its own.</summary>
    public int OtherFace(int host) => host + _hosts.All.Length;

    public bool Owns(int hop, int host) => hop == host || hop == OtherFace(host);

    private static bool IsFixed(Standing kind) => kind is Standing.Foreign or Standing.Still;

    private int HopOf(int host)
    {
        if (host < 0 || !_group.Members.Contains(host) || _hosts[host].Down) return Nobody;
        if (!_group.OneLink || !_hosts[host].CanLead || _routers.Contains(host)) return host;
        return OtherFace(host);
    }

    private void Look(int node, int shift)
    {
        foreach (var child in (ReadOnlySpan<int>)[_trie.Lower[node], _trie.Upper[node]])
        {
            if (child >= 0) _parent[child] = node;
        }

        _lost.Add(IsLost(node));
        _weight.Add(Need(node) < 0 ? 0 : Units(node, shift));
        if (StandingHop(node) is var hop && hop >= _hosts.All.Length) TwoFaced.Add(hop - _hosts.All.Length);
    }

    /// <summary>Another's route takes the block, or a part of it: no route of ours mends that.</summary>
    private bool IsLost(int node)
    {
        var above = _parent[node] >= 0 && _lost[_parent[node]];
        if (_group.Duty == GroupDuty.PrefixOnly) return above || (node == 0 ? !MustCover : _standing[node] is not null);
        return (Fixed(node) && (IsBlock[node] || _trie.InBlock[node])) || (above && _trie.InBlock[node] && Yielding(node) is null);
    }

    /// <summary>Rounded up, so that no block is free.</summary>
    private long Units(int node, int shift)
    {
        var addresses = _trie[node].Count - CountOf(_trie.Lower[node]) - CountOf(_trie.Upper[node]);
        return (long)((addresses >> shift) + ((addresses & ((UInt128.One << shift) - 1)) == 0 ? 0u : 1u));
    }

    private UInt128 CountOf(int child) => child < 0 ? 0 : _trie[child].Count;
}
