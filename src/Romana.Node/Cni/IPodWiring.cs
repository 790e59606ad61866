using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;

namespace Romana.Node.Cni;

/// <summary>One pod's link as it shall be.</summary>
/// <param name="NetworkNamespace">Path of the pod's namespace.</param>
/// <param name="Addresses">One per family at most.</param>
/// <param name="Mtu">Of the way out, as route MTU; null: the kernel's own.</param>
internal sealed record PodLink(AttachmentKey Key, string NetworkNamespace, ImmutableArray<IpAddress> Addresses, int? Mtu);

/// <summary>The two ends of a link that stands.</summary>
internal sealed record WiredPod(string HostInterface, string HostMac, string PodMac);

/// <summary>The kernel refused or is not as it must be. Message: what, where, remedy.</summary>
public sealed class WiringException : Exception
{
    public WiringException() { }
    public WiringException(string message) : base(message) { }
    public WiringException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// Pods' links on this host. Calls for different pods may run at once; calls for one pod come one after another. All of
/// a link or nothing of it.
/// </summary>
internal interface IPodWiring
{
    /// <summary>Makes the link; one that stands as it should is confirmed.</summary>
    /// <exception cref="WiringException">Nothing is left behind.</exception>
    Task<WiredPod> PlugAsync(PodLink link, CancellationToken cancel);

    /// <summary>Takes routes, rules and elements away before it returns; the interface itself may go after. Nothing there is no fault.</summary>
    /// <exception cref="WiringException"/>
    Task UnplugAsync(AttachmentKey key, ImmutableArray<IpAddress> addresses, CancellationToken cancel);

    /// <summary>Null: the link is as it should be; else what is not, in words.</summary>
    Task<string?> CheckAsync(PodLink link, CancellationToken cancel);

    /// <summary>Every link of ours that the kernel shows.</summary>
    Task<ImmutableArray<SeenAttachment>> LookAsync(CancellationToken cancel);
}
