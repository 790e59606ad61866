using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;

namespace Romana.Node.Agent;

/// <summary>Which record of the store is this host's. By the controller's own rule: evidence first, and a name proves nothing.</summary>
internal static class OwnHost
{
    /// <param name="addresses">Those that the kernel shows here.</param>
    /// <returns>Null: the controller has not seen this host yet.</returns>
    /// <exception cref="StoreUnavailableException"/>
    public static async Task<HostSpec?> FindAsync(IStore store, AgentOptions options, IEnumerable<IpAddress> addresses, CancellationToken cancel)
    {
        var hosts = await store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false);
        return HostMatching.Match([.. hosts.Items.Select(host => host.Spec)], [Sighting(options, addresses)])[0].Known;
    }

    /// <summary>This machine as it sees itself.</summary>
    public static HostSighting Sighting(AgentOptions options, IEnumerable<IpAddress> addresses) => new()
    {
        Name = options.Name,
        Evidence = new HostEvidence { InstanceId = options.InstanceId, MachineId = options.MachineId },
        Addresses = [.. addresses],
    };
}
