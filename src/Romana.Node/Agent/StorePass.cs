using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Attachments;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Node.Planning;

namespace Romana.Node.Agent;

/// <summary>
/// One look at the store: blocks are accepted and given back (<see cref="HoldingPass"/>), then kernel and plugin are told what follows. While
/// the store is away both go on with what they know.
/// </summary>
internal sealed partial class StorePass(IStore store, PodAddresses addresses, KernelLoop kernel, Readiness readiness, HostUid self, ILogger log)
{
    private readonly HoldingPass _holding = new(store, addresses, self, new LifecycleDemand(), log);
    private string _waiting = "";

    /// <exception cref="StoreUnavailableException"/>
    /// <exception cref="JournalUnavailableException"/>
    public async Task RunAsync(CancellationToken cancel)
    {
        var holding = await _holding.RunAsync(cancel).ConfigureAwait(false);
        if (holding is not { Own: { } own, Space: { } space })
        {
            Wait([holding.Own is null ? "the controller knows this host no more" : "there is no topology yet: 'romana topology apply FILE'"], [], null);
            return;
        }

        var hosts = await store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Cached, cancel).ConfigureAwait(false);
        var blocks = await store.ListAsync(RecordTypes.Blocks, Selector.Everything, Consistency.Cached, cancel).ConfigureAwait(false);
        var known = FabricKnowing.Of(own, space.Layout, [.. hosts.Items.Select(host => host.Spec)], [.. blocks.Items.Select(block => block.Spec)]);
        kernel.Learn(new KernelKnowledge(known));
        ImmutableArray<NetworkTerms> homes = [.. OwnNetworks.Terms(own, space, null, null, [])
            .Where(terms => !terms.Network.IsL2 && OwnNetworks.LeafOf(own, space, terms.Network) is not null)];
        Wait(Serving.WhyNot(self, homes, holding.Read), homes, homes.Min(home => home.Network.Mtu));
    }

    private void Wait(ImmutableArray<string> waiting, ImmutableArray<NetworkTerms> terms, int? mtu)
    {
        readiness.Set(terms, waiting, mtu);
        var text = string.Join("; ", waiting);
        if (text == _waiting) return;
        _waiting = text;
        if (text.Length > 0) LogWaiting(text);
        else LogReady();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "not ready: {Why}")]
    private partial void LogWaiting(string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "ready: pods can be served")]
    private partial void LogReady();
}
