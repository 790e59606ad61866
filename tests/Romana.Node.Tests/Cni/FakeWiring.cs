using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Node.Cni;

namespace Romana.Node.Tests.Cni;

/// <summary>Pods' links without a kernel.</summary>
internal sealed class FakeWiring : IPodWiring
{
    private readonly Dictionary<AttachmentKey, PodLink> _links = [];

    /// <summary>Asked before each call; throws what the kernel would.</summary>
    public Func<string, AttachmentKey, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    public IReadOnlyDictionary<AttachmentKey, PodLink> Links
    {
        get { lock (_links) return new Dictionary<AttachmentKey, PodLink>(_links); }
    }

    public async Task<WiredPod> PlugAsync(PodLink link, CancellationToken cancel)
    {
        await Before("plug", link.Key);
        lock (_links) _links[link.Key] = link;
        return new WiredPod("rom1", "ee:ee:ee:ee:ee:ee", "02:00:00:00:00:01");
    }

    public async Task UnplugAsync(AttachmentKey key, ImmutableArray<IpAddress> addresses, CancellationToken cancel)
    {
        await Before("unplug", key);
        lock (_links) _links.Remove(key);
    }

    public Task<string?> CheckAsync(PodLink link, CancellationToken cancel)
    {
        lock (_links)
            return Task.FromResult(_links.TryGetValue(link.Key, out var known) && known.Addresses.SequenceEqual(link.Addresses) ? null : "its interface is gone");
    }

    public Task<ImmutableArray<SeenAttachment>> LookAsync(CancellationToken cancel)
    {
        lock (_links)
            return Task.FromResult<ImmutableArray<SeenAttachment>>([.. _links.Values.SelectMany(link => link.Addresses.Select(address => new SeenAttachment(link.Key, address)))]);
    }
}
