using System.Collections.Immutable;
using Romana.Cloud.Planning;

namespace Romana.Cloud.Control;

/// <summary>Takes the router's part from hosts that are in doubt, where somebody else can play it. Pure.</summary>
internal static class Doubts
{
    /// <summary>
    /// In order of name. A doubted host becomes Suspect: it keeps its own blocks and leads nothing. Not so in a group
    /// where nobody is free of doubt: there a doubtful router is better than none, and the fault may be in our eyes.
    /// </summary>
    public static ImmutableArray<InventoryHost> Cast(ImmutableArray<InventoryHost> hosts, IReadOnlySet<string> doubtful)
    {
        var sound = hosts.Where(host => host.Health == HostHealth.Up && !doubtful.Contains(host.Eni)).ToList();
        var replaceable = sound.SelectMany(host => host.Groups.Values).ToHashSet();
        var links = sound.Select(host => host.Subnet).ToHashSet(StringComparer.Ordinal);
        bool CanBeReplaced(InventoryHost host) =>
            host.Groups.IsEmpty ? links.Contains(host.Subnet) : host.Groups.Values.All(replaceable.Contains);
        return [.. hosts.Select(host => host.Health == HostHealth.Up && doubtful.Contains(host.Eni) && CanBeReplaced(host)
            ? host with { Health = HostHealth.Suspect } : host).OrderBy(host => host.Name, StringComparer.Ordinal)];
    }
}
