using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Views;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Commands.State;

/// <summary>The topology that the store holds, laid out.</summary>
internal static class CommittedTopology
{
    public static Topology? OrNull(StoreReading reading) =>
        reading.Topology is null ? null : TopologyDocument.Read(reading.Topology.Document).Topology;

    public static Topology Required(StoreReading reading, string store) => OrNull(reading)
        ?? throw CommandFailure.BadInput($"the store {store} holds no topology", "apply one: romana topology apply FILE");
}
