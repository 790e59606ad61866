using System.Collections.Frozen;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Routes;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Control;

/// <summary>
/// Our routes that may still stand, by the ledgers: what a block must have lost before it is free. Routes are merged,
/// so a block is asked for by where its addresses go and not by a destination of its own. Covers are left out: they
/// stay whoever holds a block. Pure.
/// </summary>
internal sealed class StandingRoutes
{
    public static readonly StandingRoutes None = new([]);

    private readonly List<Table> _tables;

    private StandingRoutes(List<Table> tables) => _tables = tables;

    /// <summary>Routes in all tables; another number is another picture.</summary>
    public int Count => _tables.Sum(table => table.Count);

    public static StandingRoutes Of(Topology? topology, IEnumerable<LedgerSpec> ledgers)
    {
        var covers = (topology?.Networks ?? []).SelectMany(network => network.Leaves).Where(IsCovered).Select(leaf => leaf.Cidr).ToHashSet();
        return new([.. ledgers.Select(ledger => new Table(ledger.Table, ledger.Entries.Where(entry => !covers.Contains(entry.Destination))))]);
    }

    /// <summary>
    /// Blocks about to be freed of which an address may still be sent to the old holder, by a route that no other block
    /// of that holder explains: it goes, and until it has gone the block has to wait.
    /// </summary>
    public IReadOnlySet<Cidr> StillLeading(ControllerView view)
    {
        var ways = new Ways(view, _tables);
        return view.Blocks.Where(block => block.Spec.Intent == BlockIntent.Recall
                || block.Spec.Intent == BlockIntent.Lent && BlockFacts.Word(block.Spec, block.Status)?.Phase == BlockPhase.Returned)
            .Select(block => block.Spec).Where(block => ways.Of(block).Any()).Select(block => block.Cidr).ToFrozenSet();
    }

    /// <summary>
    /// By table, the routes that keep blocks from being freed which are given back already, and that lead to no address
    /// of another block: whoever takes them away takes nothing from anybody.
    /// </summary>
    public ILookup<string, Cidr> InTheWay(ControllerView view)
    {
        var (ways, going) = (new Ways(view, _tables), GivenBack.Of(view).Select(one => one.Block).ToList());
        var staying = view.Blocks.Where(block => block.Spec.Intent != BlockIntent.Free).Select(block => block.Spec.Cidr).Except(going.Select(block => block.Cidr)).ToList();
        return going.SelectMany(ways.Of).Distinct().Where(way => !staying.Exists(way.Destination.Overlaps)).ToLookup(way => way.Table, way => way.Destination);
    }

    /// <summary>Which routes may lead to a block's holder for that block's sake alone.</summary>
    private sealed class Ways(ControllerView view, List<Table> tables)
    {
        private readonly Dictionary<HostUid, HostSpec> _hosts = view.Hosts.ToDictionary(host => host.Spec.Uid, host => host.Spec);
        private readonly HashSet<string> _interfaces = view.Hosts.Select(host => host.Spec.PodInterface?.Id).OfType<string>().ToHashSet(StringComparer.Ordinal);
        private readonly ILookup<HostUid, Cidr> _kept = Kept(view);

        public IEnumerable<(string Table, Cidr Destination)> Of(BlockSpec block)
        {
            var own = _hosts.GetValueOrDefault(block.Host)?.PodInterface?.Id;
            var others = _kept[block.Host].Where(cidr => cidr != block.Cidr).ToList();
            return tables.SelectMany(table => table.Over(block.Cidr)
                .Where(entry => MayLead(entry) && !(entry.Settled && others.Exists(entry.Destination.Contains)))
                .Select(entry => (table.Id, entry.Destination)));

            // An interface of nobody is one that the holder may have had.
            bool IsOld(string? target) => target is not null && (target == own || !_interfaces.Contains(target));
            bool MayLead(LedgerEntry entry) => IsOld(entry.To) || !entry.Settled && IsOld(entry.From);
        }

        private static ILookup<HostUid, Cidr> Kept(ControllerView view)
        {
            var hosts = view.Hosts.ToDictionary(host => host.Spec.Uid, host => host.Spec);
            return view.Blocks.Select(block => block.Spec).Where(block => block.Intent == BlockIntent.Lent
                && hosts.TryGetValue(block.Host, out var host) && host.Condition != HostCondition.Dead).ToLookup(block => block.Host, block => block.Cidr);
        }
    }

    private static bool IsCovered(Group leaf) => leaf.Via is not null || leaf.Modes.HasFlag(RoutingModes.PrefixAnnounceVpc)
        || leaf.Cover && leaf.Modes.HasFlag(RoutingModes.BlockAnnounceVpc);

    private sealed class Table
    {
        private readonly Dictionary<Cidr, LedgerEntry> _entries;
        private readonly Cidr[] _sorted;
        private readonly int[] _lengths;

        public Table(string id, IEnumerable<LedgerEntry> entries)
        {
            Id = id;
            _entries = entries.Where(entry => !entry.Settled || entry.To is not null).ToDictionary(entry => entry.Destination);
            _sorted = [.. _entries.Keys.Order()];
            _lengths = [.. _entries.Keys.Select(cidr => cidr.Length).Distinct().OrderDescending()];
        }

        public string Id { get; }

        public int Count => _sorted.Length;

        /// <summary>What addresses of the block may meet: all inside it, the longest settled one around it, and every open intent down to that.</summary>
        public IEnumerable<LedgerEntry> Over(Cidr block)
        {
            foreach (var length in _lengths.Where(length => length <= block.Length))
            {
                if (!_entries.TryGetValue(Cidr.Around(block.First, length), out var entry)) continue;
                yield return entry;
                if (entry.Settled) break;
            }

            var at = Array.BinarySearch(_sorted, block);
            for (var i = at < 0 ? ~at : at + 1; i < _sorted.Length && block.Contains(_sorted[i]); i++) yield return _entries[_sorted[i]];
        }
    }
}
