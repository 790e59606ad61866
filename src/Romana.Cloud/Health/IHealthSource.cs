using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Health;

/// <summary>A host whose health is asked for.</summary>
public sealed record WatchedHost
{
    public required HostUid Uid { get; init; }
    public required string Name { get; init; }

    /// <summary>"i-...", where it is an instance of EC2.</summary>
    public string? InstanceId { get; init; }

    /// <summary>Primary address of the pod interface: what is asked whether it answers.</summary>
    public IpAddress? Address { get; init; }

    /// <summary>A probe of it was answered at some time, by this controller or one before.</summary>
    public bool AnsweredProbes { get; init; }

    /// <summary>What the probes last took it for; null where another source's word was the worst.</summary>
    public HostHealth? Remembered { get; init; }

    public static WatchedHost Of(HostSpec host)
    {
        ArgumentNullException.ThrowIfNull(host);
        return new WatchedHost
        {
            Uid = host.Uid,
            Name = host.Name,
            InstanceId = host.Evidence.InstanceId,
            Address = host.PodInterface?.Address,
            AnsweredProbes = host.AnsweredProbes,
            Remembered = host.Judged is { Source: ProbeWords } judged && Enum.TryParse<HostHealth>(judged.Health, out var health) ? health : null,
        };
    }

    /// <summary>Name of the source that sends probes.</summary>
    public const string ProbeWords = "probes";
}

/// <summary>
/// Where words on the health of hosts come from: probes, EC2's status, beats, later Kubernetes. A source says all that
/// it believes each time that this differs; a host that it does not name it knows nothing of.
/// </summary>
public interface IHealthSource
{
    /// <summary>"probes", "ec2", "beats".</summary>
    string Name { get; }

    /// <summary>Looks after the hosts until cancelled. A fault that passes is the source's own to wait out.</summary>
    /// <param name="hosts">The hosts that are known at the moment.</param>
    /// <param name="say">Takes everything that the source believes now.</param>
    Task RunAsync(Func<IReadOnlyList<WatchedHost>> hosts, Action<SourceWords> say, CancellationToken cancel);
}
