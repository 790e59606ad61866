using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Romana.Ipam.Blocks;
using Romana.Ipam.Events;
using Romana.Ipam.Hosts;
using Romana.Ipam.Routes;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Stores;

/// <summary>A record with its halves decoded.</summary>
public sealed record TypedRecord<TSpec, TStatus>(RecordKey Key, Expected Expected, string Stamp, TSpec Spec, TStatus? Status)
    where TSpec : class
    where TStatus : class;

/// <summary>How one kind of record is written as JSON and found by host. The only place that knows both.</summary>
public sealed class RecordType<TSpec, TStatus>(
    RecordKind kind, JsonTypeInfo<TSpec> spec, JsonTypeInfo<TStatus> status, Func<TSpec, HostUid> host)
    where TSpec : class
    where TStatus : class
{
    public RecordKind Kind => kind;

    public RecordKey Key(string name) => new(kind, name);

    /// <exception cref="JsonException">The stored text is not such a record.</exception>
    public TypedRecord<TSpec, TStatus> Decode(StoredRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new(record.Key, new Expected(record.Version, record.Uid), record.Stamp,
            JsonSerializer.Deserialize(record.Spec, spec) ?? throw new JsonException($"{record.Key}: spec is null"),
            record.Status is null ? null : JsonSerializer.Deserialize(record.Status, status));
    }

    public Write.Create Create(string name, string stamp, TSpec value) =>
        new(Key(name), stamp, JsonSerializer.Serialize(value, spec), host(value));

    public Write.UpdateSpec UpdateSpec(TypedRecord<TSpec, TStatus> current, string stamp, TSpec value)
    {
        ArgumentNullException.ThrowIfNull(current);
        return new(current.Key, stamp, current.Expected, JsonSerializer.Serialize(value, spec), host(value));
    }

    public Write.UpdateStatus UpdateStatus(TypedRecord<TSpec, TStatus> current, string stamp, TStatus value)
    {
        ArgumentNullException.ThrowIfNull(current);
        return new(current.Key, stamp, current.Expected, JsonSerializer.Serialize(value, status));
    }

    public Write.Delete Delete(TypedRecord<TSpec, TStatus> current, string stamp)
    {
        ArgumentNullException.ThrowIfNull(current);
        return new(current.Key, stamp, current.Expected);
    }
}

/// <summary>The six kinds of record.</summary>
public static class RecordTypes
{
    /// <summary>Name of the only topology record.</summary>
    public const string TopologyName = "topology";

    public static readonly RecordType<TopologySpec, NoStatus> Topology = new(
        RecordKind.Topology, RecordJson.Default.TopologySpec, RecordJson.Default.NoStatus, _ => default);

    public static readonly RecordType<HostSpec, HostStatus> Hosts = new(
        RecordKind.Host, RecordJson.Default.HostSpec, RecordJson.Default.HostStatus, host => host.Uid);

    public static readonly RecordType<BeatSpec, NoStatus> Beats = new(
        RecordKind.Beat, RecordJson.Default.BeatSpec, RecordJson.Default.NoStatus, beat => beat.Host);

    public static readonly RecordType<BlockSpec, BlockStatus> Blocks = new(
        RecordKind.Block, RecordJson.Default.BlockSpec, RecordJson.Default.BlockStatus, block => block.Host);

    public static readonly RecordType<LedgerSpec, NoStatus> Ledgers = new(
        RecordKind.RouteTable, RecordJson.Default.LedgerSpec, RecordJson.Default.NoStatus, _ => default);

    public static readonly RecordType<EventPage, NoStatus> Events = new(
        RecordKind.Event, RecordJson.Default.EventPage, RecordJson.Default.NoStatus, _ => default);
}
