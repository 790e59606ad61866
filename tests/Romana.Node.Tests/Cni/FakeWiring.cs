using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Node.Cni;

namespace Romana.Node.Tests.Cni;

/// <summary>Pods' links without a kernel. Every path is a pod's until it is said to be gone.</summary>
internal sealed class FakeWiring : IPodWiring
{
    private readonly Dictionary<AttachmentKey, PodLink> _links = [];
    private readonly Dictionary<AttachmentKey, int> _numbers = [];

    /// <summary>Asked before each call; throws what the kernel would.</summary>
    public Func<string, AttachmentKey, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Namespaces that are no more.</summary>
    public HashSet<string> Gone { get; } = [];

    /// <summary>Interfaces that another made.</summary>
    public HashSet<(string Path, string Name)> Taken { get; } = [];

    public IReadOnlyDictionary<AttachmentKey, PodLink> Links
    {
        get { lock (_links) return new Dictionary<AttachmentKey, PodLink>(_links); }
    }

    public async Task<WiredPod> PlugAsync(PodLink link, CancellationToken cancel)
    {
        await Before("plug", link.Key);
        lock (_links)
        {
            if (Gone.Contains(link.NetworkNamespace)) throw new WiringException($"{link.NetworkNamespace} is gone");
            if (Taken.Contains((link.NetworkNamespace, link.Key.Interface))) throw new WiringException($"{link.Key.Interface} is not ours");
            _links[link.Key] = link;
            if (!_numbers.TryGetValue(link.Key, out var number)) _numbers.Add(link.Key, number = _numbers.Count + 1);
            return new WiredPod($"rom{number}", "ee:ee:ee:ee:ee:ee", $"02:00:00:00:00:{number:x2}");
        }
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
