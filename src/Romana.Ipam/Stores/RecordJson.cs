using System.Text.Json.Serialization;
using Romana.Ipam.Blocks;
using Romana.Ipam.Events;
using Romana.Ipam.Hosts;
using Romana.Ipam.Routes;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Stores;

/// <summary>JSON of the records: camelCase, enums by name, nothing for null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TopologySpec))]
[JsonSerializable(typeof(NoStatus))]
[JsonSerializable(typeof(HostSpec))]
[JsonSerializable(typeof(HostStatus))]
[JsonSerializable(typeof(BeatSpec))]
[JsonSerializable(typeof(BlockSpec))]
[JsonSerializable(typeof(BlockStatus))]
[JsonSerializable(typeof(LedgerSpec))]
[JsonSerializable(typeof(EventPage))]
public sealed partial class RecordJson : JsonSerializerContext;
