using Romana.Ipam.Hosts;

namespace Romana.Ipam.Planning;

/// <summary>Whether a sighting is a host that is already known. Names prove nothing: they are used again.</summary>
public static class HostMatching
{
    /// <summary>
    /// 0 = another host; else the higher the surer. Another instance id is another host whatever else agrees, since
    /// machine images are cloned with their machine-id; a Node object made anew on the same machine is the same host, and
    /// another machine that took over the Node object is not.
    /// </summary>
    public static int Score(HostSpec known, HostSighting seen)
    {
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(seen);
        var (mine, theirs) = (known.Evidence, seen.Evidence);
        if (mine.InstanceId is not null && theirs.InstanceId is not null) return mine.InstanceId == theirs.InstanceId ? 4 : 0;
        if (mine.MachineId is not null && theirs.MachineId is not null && mine.MachineId != theirs.MachineId) return 0;
        if (mine.NodeUid is not null && mine.NodeUid == theirs.NodeUid) return 3;
        if (mine.MachineId is not null && mine.MachineId == theirs.MachineId) return 2;
        return WithoutEvidence(known, seen) ? 1 : 0;
    }

    /// <summary>An inventory may know no more than name and address; evidence that comes later is bound to that host.</summary>
    private static bool WithoutEvidence(HostSpec known, HostSighting seen) =>
        known.Evidence == new HostEvidence() && known.Name == seen.Name
        && known.Addresses.Length > 0 && seen.Addresses.Contains(known.Addresses[0]);

    /// <summary>
    /// Each sighting with its host record, or with null if it is new. One record goes to one sighting: the surest, the
    /// first if equal. A dead host is matched only by the sighting that says it is terminated: whoever comes back after
    /// being declared dead comes as a new host.
    /// </summary>
    public static IReadOnlyList<(HostSighting Seen, HostSpec? Known)> Match(IReadOnlyList<HostSpec> known, IReadOnlyList<HostSighting> seen)
    {
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(seen);
        var byEvidence = known.SelectMany(host => Words(host.Evidence, host.Name).Select(word => (word, host))).ToLookup(pair => pair.word, pair => pair.host);
        var candidates = seen.SelectMany((sighting, index) => Words(sighting.Evidence, sighting.Name)
                .SelectMany(word => byEvidence[word]).Distinct()
                .Where(host => host.Condition != HostCondition.Dead || sighting.State == SightingState.Terminated)
                .Select(host => (Score: Score(host, sighting), Index: index, Host: host)))
            .Where(candidate => candidate.Score > 0)
            .OrderByDescending(candidate => candidate.Score).ThenBy(candidate => candidate.Host.Condition == HostCondition.Dead)
            .ThenBy(candidate => candidate.Index).ThenBy(candidate => candidate.Host.Uid);
        var matched = new HostSpec?[seen.Count];
        var taken = new HashSet<HostUid>();
        foreach (var (_, index, host) in candidates)
        {
            if (matched[index] is null && taken.Add(host.Uid)) matched[index] = host;
        }

        return [.. seen.Select((sighting, index) => (sighting, matched[index]))];
    }

    private static IEnumerable<string> Words(HostEvidence evidence, string name)
    {
        if (evidence.InstanceId is { } instance) yield return $"instance {instance}";
        if (evidence.NodeUid is { } node) yield return $"node {node}";
        if (evidence.MachineId is { } machine) yield return $"machine {machine}";
        yield return $"name {name}";
    }
}
