using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Planning;

namespace Romana.Cloud.Discovery;

/// <summary>
/// Where hosts come from: EC2's tags, an inventory file, later Kubernetes. One complete look per call; a source that
/// cannot see everything throws, since absence from a partial list would be taken for absence.
/// </summary>
public interface IHostSource
{
    /// <exception cref="Aws.Ec2UnavailableException">EC2 could not be read.</exception>
    /// <exception cref="HostsUnreadableException">The list itself could not be read.</exception>
    Task<SeenHosts> ReadAsync(CancellationToken cancel);

    /// <summary>Something is not where it was last seen: the next look must ask for everything anew.</summary>
    void Forget()
    {
        // A source that asks for everything at every look has nothing to forget.
    }
}

public sealed record SeenHosts
{
    public static readonly SeenHosts None = new();

    /// <summary>Before the first request of the look: what happened later may not be in it.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>In order of name.</summary>
    public ImmutableArray<SeenHost> Hosts { get; init; } = [];

    /// <summary>Hosts that cannot be used, and why; one line each with the remedy.</summary>
    public ImmutableArray<string> Problems { get; init; } = [];

    public Ipam.Planning.Discovery ToDiscovery() => new() { Sightings = [.. Hosts.Select(host => host.Sighting)] };
}

/// <summary>A sighting with what only routing needs.</summary>
public sealed record SeenHost
{
    public required HostSighting Sighting { get; init; }
    public HostHealth Health { get; init; }

    /// <summary>The instance's own state stands behind <see cref="Health"/>; false: only its interface was seen.</summary>
    public bool InstanceSeen { get; init; } = true;

    public bool Spot { get; init; }

    /// <summary>The source/destination check of the pod interface is still on: it would drop pods' packets.</summary>
    public bool CheckOn { get; init; }
}
