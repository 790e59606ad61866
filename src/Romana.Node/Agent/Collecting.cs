using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Stores;
using Romana.Node.Cni;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Wiring;

namespace Romana.Node.Agent;

/// <summary>What became of one attachment whose pod is gone.</summary>
/// <param name="Trouble">Why it is still there; null: it is gone, or would go.</param>
internal sealed record Collected(AttachmentKey Key, ImmutableArray<IpAddress> Addresses, string? Trouble);

/// <summary>
/// `romana-node gc`: gives back what pods left behind whose DEL never came. The one proof taken is that the pod's link is gone
/// from this host: the kernel takes it away with the pod's network namespace, and without it nobody can use its addresses. The
/// runtime's own word comes by the CNI command GC; a link that stands is never touched here (decision 0046).
/// </summary>
internal sealed class Collecting(PodAddresses addresses, Attachments attachments, NetworkNamespace? space)
{
    public async Task<IReadOnlyList<Collected>> RunAsync(bool dryRun, CancellationToken cancel)
    {
        using var network = space is null ? KernelNetwork.Open() : KernelNetwork.Open(space);
        var found = new List<Collected>();
        if (!dryRun) await attachments.FinishPendingAsync(cancel).ConfigureAwait(false);
        foreach (var pod in addresses.All().GroupBy(row => row.Key))
        {
            ImmutableArray<IpAddress> given = [.. pod.Select(row => row.Address)];
            if (!IsGone(pod.Key)) continue;
            if (dryRun) found.Add(new Collected(pod.Key, given, null));
            else if (await CollectAsync(pod.Key, given).ConfigureAwait(false) is { } collected) found.Add(collected);
        }

        return found;

        bool IsGone(AttachmentKey key) => network.Interfaces.Get(new LinkPlan(key, []).HostInterface) is null;

        async Task<Collected?> CollectAsync(AttachmentKey key, ImmutableArray<IpAddress> given)
        {
            try
            {
                // In the key's turn: an ADD that is under way has its address before its link.
                return await attachments.RemoveIfAsync(key, () => IsGone(key), cancel).ConfigureAwait(false) ? new Collected(key, given, null) : null;
            }
            catch (Exception fault) when (fault is JournalUnavailableException or WiringException)
            {
                return new Collected(key, given, fault.Message);
            }
        }
    }
}
