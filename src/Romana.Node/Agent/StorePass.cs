using Microsoft.Extensions.Logging;
using Romana.Ipam.Attachments;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Node.Agent.Memory;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Agent;

/// <summary>
/// One look at the store: blocks are accepted and given back (<see cref="HoldingPass"/>), then kernel and plugin are told what follows. While
/// the store is away both go on with what they know.
/// </summary>
/// <param name="here">Interfaces and addresses of this host.</param>
internal sealed class StorePass(IStore store, PodAddresses addresses, AgentMemory memory, Telling telling, HostUid self, Func<VlanLook> here, ILogger log)
{
    private readonly HoldingPass _holding = new(store, addresses, self, new LifecycleDemand(), log) { Here = here };

    /// <exception cref="StoreUnavailableException"/>
    /// <exception cref="JournalUnavailableException"/>
    public async Task RunAsync(CancellationToken cancel)
    {
        // The first whole list of each kind brings another pass: nothing is concluded from half of them.
        if (!memory.Mirror.IsWhole) return;
        var holding = await _holding.RunAsync(cancel).ConfigureAwait(false);

        // The own words are no news to the mirror, so they are read here.
        if (holding.HasSpoken) holding = await _holding.RunAsync(cancel).ConfigureAwait(false);
        if (holding is not { Own: { } own, Topology: { } topology })
        {
            telling.Wait(holding.Own is null ? "the controller knows this host no more" : "there is no topology yet: 'romana topology apply FILE'");
            return;
        }

        telling.Tell(own, topology, memory.Mirror.View(), holding.NodeAddresses, homes => Serving.WhyNot(self, homes, holding.Read));
        memory.Keep(self);
    }
}
