using System.Collections.Immutable;
using System.Globalization;
using Romana.Cloud.Aws;

namespace Romana.Cloud.Discovery;

/// <summary>Labels and tags that discovery reads and sets.</summary>
internal static class HostLabels
{
    public const string Cluster = "romana.io/cluster";
    public const string Zone = "topology.kubernetes.io/zone";
    public const string Subnet = "romana.io/subnet";

    /// <summary>"eni-..." or a device index.</summary>
    public const string PodInterface = "romana.io/pod-interface";

    /// <summary>The interface that routes point at: as labelled, else device 0; null when the label names none of them.</summary>
    public static SeenInterface? Choose(IReadOnlyDictionary<string, string> labels, IEnumerable<SeenInterface> interfaces)
    {
        var all = interfaces.ToList();
        if (!labels.TryGetValue(PodInterface, out var wanted)) return all.Find(one => one.DeviceIndex == 0);
        return int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? all.Find(one => one.DeviceIndex == index)
            : all.Find(one => one.Id == wanted);
    }

    /// <summary>What EC2 knows of the place overrides what people wrote: adjacency hangs on it.</summary>
    public static ImmutableSortedDictionary<string, string> Placed(
        IEnumerable<KeyValuePair<string, string>> labels, string? zone, string? subnet)
    {
        var builder = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in labels) builder[key] = value;
        if (zone is not null) builder[Zone] = zone;
        if (subnet is not null) builder[Subnet] = subnet;
        return builder.ToImmutable();
    }
}
