using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;

namespace Romana.Cloud.Discovery;

/// <summary>Hosts are the instances of the VPC with the tag `romana.io/cluster=NAME`.</summary>
public sealed class Ec2HostSource(Ec2Reader reader, string vpc, string cluster) : IHostSource
{
    public async Task<SeenHosts> ReadAsync(CancellationToken cancel) =>
        Read(await reader.InstancesAsync(vpc, HostLabels.Cluster, cluster, cancel).ConfigureAwait(false));

    internal static SeenHosts Read(ImmutableArray<SeenInstance> instances)
    {
        var names = Names(instances);
        var problems = ImmutableArray.CreateBuilder<string>();
        var hosts = instances.Select(one => Host(one, names[one.Id], problems)).OfType<SeenHost>();
        return new SeenHosts
        {
            Hosts = [.. hosts.OrderBy(host => host.Sighting.Name, StringComparer.Ordinal)],
            Problems = problems.ToImmutable(),
        };
    }

    /// <summary>
    /// The Name tag where it tells hosts apart; members of one autoscaling group carry the same. Else the private DNS
    /// name, else the id.
    /// </summary>
    private static Dictionary<string, string> Names(ImmutableArray<SeenInstance> instances)
    {
        var living = instances.Where(one => !IsGone(one)).ToList();
        var tags = living.CountBy(Tag, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        var dns = living.CountBy(Dns, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return instances.ToDictionary(one => one.Id, one =>
            Tag(one).Length > 0 && (IsGone(one) || tags[Tag(one)] == 1) ? Tag(one)
            : Dns(one).Length > 0 && (IsGone(one) || dns[Dns(one)] == 1) ? Dns(one)
            : one.Id, StringComparer.Ordinal);

        static string Tag(SeenInstance one) => one.Tags.GetValueOrDefault("Name", "");
        static string Dns(SeenInstance one) => one.PrivateDnsName ?? "";
    }

    private static bool IsGone(SeenInstance one) => one.State == "terminated";

    private static SeenHost? Host(SeenInstance one, string name, ImmutableArray<string>.Builder problems)
    {
        var pod = HostLabels.Choose(one.Tags, one.Interfaces);
        if (pod is null && !IsGone(one))
        {
            problems.Add($"host {name} ({one.Id}) has no pod interface: attach one as device 0, or correct its tag {HostLabels.PodInterface}");
            return null;
        }

        return new SeenHost
        {
            Sighting = Sighting(one, name, pod),
            Health = Health(one.State),
            Spot = one.Spot,
            CheckOn = pod?.SourceDestCheck ?? false,
        };
    }

    private static HostSighting Sighting(SeenInstance one, string name, SeenInterface? pod) => new()
    {
        Name = name,
        Evidence = new HostEvidence { InstanceId = one.Id },
        Addresses = [.. one.Interfaces.SelectMany(each => each.Addresses)],
        Labels = HostLabels.Placed(one.Tags.Where(tag => !tag.Key.StartsWith("aws:", StringComparison.Ordinal)), one.Zone, pod?.Subnet),
        Zone = one.Zone,
        PodInterface = pod is null || pod.Addresses.IsEmpty ? null : new PodInterface
        {
            Id = pod.Id,
            Address = pod.Addresses[0],
            Link = pod.Subnet,
            Mac = pod.Mac,
        },
        State = one.State switch
        {
            "terminated" => SightingState.Terminated,
            "stopping" or "stopped" or "shutting-down" => SightingState.Draining,
            _ => SightingState.Running,
        },
        Reason = one.State is "running" or "pending" ? null : $"EC2 shows {one.Id} as {one.State}",
    };

    /// <summary>What an instance in that state can lead.</summary>
    internal static HostHealth Health(string state) => state switch
    {
        "running" => HostHealth.Up,
        "pending" => HostHealth.Suspect,
        _ => HostHealth.Down,
    };
}
