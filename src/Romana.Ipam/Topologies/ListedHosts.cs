using System.Collections.Immutable;

namespace Romana.Ipam.Topologies;

/// <summary>Looks at the hosts that a document lists. Romana took repeated names silently, so they are only warned about.</summary>
internal static class ListedHosts
{
    public static void Check(ImmutableArray<Network> networks, ProblemList problems)
    {
        foreach (var network in networks)
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var leaf in network.Leaves)
            {
                foreach (var host in leaf.Hosts.Where(host => !names.Add(host.Name)))
                    problems.Warning(
                        "duplicate_host", $"network '{network.Name}', group [{string.Join(", ", leaf.Path)}]", host.Name,
                        "the host is listed more than once in this network; the first entry counts", "List each host once");
            }
        }
    }
}
