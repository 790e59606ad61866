using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Linux.Wiring;

/// <summary>Where the host looks for a pod's address.</summary>
/// <param name="Tables">Route tables that lead to the pod.</param>
/// <param name="Source">What the host itself calls the pod with: the pod interface's primary address; null leaves it to the kernel.</param>
internal sealed record PodWay(ImmutableArray<uint> Tables, IpAddress? Source)
{
    public static readonly PodWay Main = new([RouteTables.Main], null);
}

/// <summary>What of a pod's link others decide: routes by the networks' policy, and who may send with which source.</summary>
internal sealed record LinkTerms
{
    public static readonly LinkTerms None = new();

    public Func<IpAddress, PodWay> WayOf { get; init; } = _ => PodWay.Main;

    /// <summary>Before a link's first packet: this host-side interface may send with these sources alone.</summary>
    public Action<string, ImmutableArray<IpAddress>> Admit { get; init; } = (_, _) => { };

    /// <summary>The opposite; what was not admitted is no fault.</summary>
    public Action<string, ImmutableArray<IpAddress>> Dismiss { get; init; } = (_, _) => { };
}
