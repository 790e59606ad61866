namespace Romana.Ipam.Topologies;

/// <summary>Which group takes a host: rule 2 of the behaviour vectors.</summary>
public static class GroupPlacement
{
    /// <summary>
    /// The eligible leaf with the fewest hosts, the first of them in document order; null when no leaf of the network
    /// takes a host with these labels. Padding takes nobody.
    /// </summary>
    /// <param name="hostsIn">Hosts that a leaf has now.</param>
    public static Group? Choose(Network network, IReadOnlyDictionary<string, string> labels, Func<Group, int> hostsIn)
    {
        Group? best = null;
        var fewest = int.MaxValue;
        foreach (var leaf in Eligible(network, labels))
        {
            var hosts = hostsIn(leaf);
            if (hosts >= fewest) continue;
            (best, fewest) = (leaf, hosts);
        }

        return best;
    }

    /// <summary>Leaves that a host with these labels may enter: every group on the way down has all its pairs among them.</summary>
    public static IEnumerable<Group> Eligible(Network network, IReadOnlyDictionary<string, string> labels) =>
        network.Root is null ? [] : Eligible(network.Root, labels);

    /// <summary>True when the host may enter this one group; its parents are not looked at.</summary>
    public static bool Matches(Group group, IReadOnlyDictionary<string, string> labels) =>
        group.Kind != GroupKind.Padding
        && group.Assignment.All(pair => labels.TryGetValue(pair.Key, out var value) && value == pair.Value);

    private static IEnumerable<Group> Eligible(Group group, IReadOnlyDictionary<string, string> labels)
    {
        if (!Matches(group, labels)) return [];
        return group.Kind == GroupKind.Hosts ? [group] : group.Groups.SelectMany(child => Eligible(child, labels));
    }
}
