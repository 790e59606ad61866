using System.Collections.Immutable;
using System.Text.Json;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Romana.Stores.Sqlite;

namespace Romana.Node.Agent.Memory;

/// <summary>What a host is to the others.</summary>
/// <param name="NodeAddresses">Its own address per L2 network.</param>
internal sealed record KnownHost(HostSpec Spec, ImmutableSortedDictionary<string, NodeAddress> NodeAddresses);

/// <summary>All hosts and blocks at one instant.</summary>
/// <param name="Revision">Grows with every change of what is in it.</param>
internal sealed record StoreView(long Revision, TopologySpec? Topology, ImmutableArray<KnownHost> Hosts, ImmutableArray<BlockSpec> Blocks);

/// <summary>
/// The store's topology, hosts and blocks as the watch tells them, so that no pass lists what it knows. Of a record it keeps
/// what others act on: hosts' counters and blocks' use change with every pod and are news to nobody. Many threads.
/// </summary>
internal sealed class StoreMirror
{
    public static readonly ImmutableArray<RecordKind> Kinds = [RecordKind.Topology, RecordKind.Host, RecordKind.Block];

    private readonly Lock _turn = new();
    private readonly Dictionary<RecordKey, Entry> _entries = [];
    private readonly HashSet<RecordKind> _listed = [];
    private readonly HashSet<RecordKey> _unsaved = [];
    private StoreView? _view;
    private long _revision;

    /// <summary>Begins with what was remembered; what the store lists replaces it.</summary>
    /// <exception cref="JsonException">It is of another program.</exception>
    public StoreMirror(IEnumerable<RememberedRecord>? remembered = null)
    {
        foreach (var record in remembered ?? []) _entries[record.Key] = Entry.Of(record);
    }

    /// <summary>Every kind was listed since this process began: what is here is the store's, and not the memory's alone.</summary>
    public bool IsWhole
    {
        get
        {
            lock (_turn) return _listed.Count == Kinds.Length;
        }
    }

    /// <summary>Records read again so far; it stands still while nothing changes.</summary>
    public long Revision
    {
        get
        {
            lock (_turn) return _revision;
        }
    }

    /// <summary>One whole list. True: something is other than before, or this kind was not whole.</summary>
    /// <exception cref="JsonException"/>
    public bool Take(RecordKind kind, Listing listing)
    {
        lock (_turn)
        {
            var shown = listing.Items.Select(item => item.Key).ToHashSet();
            var isNews = false;
            foreach (var item in listing.Items) isNews |= Put(item);
            foreach (var key in _entries.Keys.Where(key => key.Kind == kind && !shown.Contains(key)).ToList()) isNews |= Remove(key);
            return _listed.Add(kind) || isNews;
        }
    }

    /// <inheritdoc cref="Take(RecordKind, Listing)"/>
    public bool Take(WatchEvent change)
    {
        lock (_turn)
        {
            return change switch
            {
                WatchEvent.Put put => Put(put.Record),
                WatchEvent.Deleted deleted => Remove(deleted.Key),
                _ => false,
            };
        }
    }

    public StoreView View()
    {
        lock (_turn)
        {
            return _view ??= new StoreView(_revision,
                _entries.GetValueOrDefault(RecordTypes.Topology.Key(RecordTypes.TopologyName))?.Value as TopologySpec,
                [.. _entries.Values.Select(entry => entry.Value).OfType<KnownHost>().OrderBy(host => host.Spec.Uid)],
                [.. _entries.Values.Select(entry => entry.Value).OfType<BlockSpec>().OrderBy(block => block.Cidr)]);
        }
    }

    /// <summary>What changed since the last time, to be remembered; <see cref="Failed"/> if that could not be done.</summary>
    public (IReadOnlyCollection<RememberedRecord> Puts, IReadOnlyCollection<RecordKey> Gone) Unsaved()
    {
        lock (_turn)
        {
            var (puts, gone) = (_unsaved.Where(_entries.ContainsKey).Select(key => _entries[key].Record).ToList(), _unsaved.Where(key => !_entries.ContainsKey(key)).ToList());
            _unsaved.Clear();
            return (puts, gone);
        }
    }

    public void Failed(IEnumerable<RecordKey> keys)
    {
        lock (_turn) _unsaved.UnionWith(keys);
    }

    private bool Put(StoredRecord record)
    {
        var standing = _entries.GetValueOrDefault(record.Key);
        if (standing is not null && standing.Record.Spec == record.Spec && (record.Key.Kind != RecordKind.Host || standing.FullStatus == record.Status)) return false;
        var entry = Entry.Of(record);
        _entries[record.Key] = entry;
        if (standing is not null && standing.Record == entry.Record) return false;
        return Changed(record.Key);
    }

    private bool Remove(RecordKey key) => _entries.Remove(key) && Changed(key);

    private bool Changed(RecordKey key)
    {
        _unsaved.Add(key);
        _view = null;
        _revision++;
        return true;
    }

    /// <param name="Value">A <see cref="KnownHost"/>, <see cref="BlockSpec"/> or <see cref="TopologySpec"/>.</param>
    /// <param name="FullStatus">As the store has it, to know it again without reading it.</param>
    private sealed record Entry(RememberedRecord Record, object Value, string? FullStatus)
    {
        public static Entry Of(RememberedRecord record) => Of(new StoredRecord
        {
            Key = record.Key,
            Uid = "",
            Version = default,
            Stamp = "",
            Spec = record.Spec,
            Status = record.Status,
        });

        public static Entry Of(StoredRecord record)
        {
            if (record.Key.Kind == RecordKind.Topology) return new(new(record.Key, record.Spec, null), RecordTypes.Topology.Decode(record with { Status = null }).Spec, null);
            if (record.Key.Kind == RecordKind.Block) return new(new(record.Key, record.Spec, null), RecordTypes.Blocks.Decode(record with { Status = null }).Spec, null);
            var host = RecordTypes.Hosts.Decode(record);
            var nodes = host.Status?.NodeAddresses ?? ImmutableSortedDictionary<string, NodeAddress>.Empty;
            var kept = nodes.IsEmpty ? null : JsonSerializer.Serialize(new HostStatus { NodeAddresses = nodes }, RecordJson.Default.HostStatus);
            return new(new(record.Key, record.Spec, kept), new KnownHost(host.Spec, nodes), record.Status);
        }
    }
}
