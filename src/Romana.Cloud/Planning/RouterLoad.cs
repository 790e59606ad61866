namespace Romana.Cloud.Planning;

/// <summary>Routes that each host leads for others, over all tables, against its bandwidth: the measure of balance.</summary>
internal sealed class RouterLoad(PlanHosts hosts)
{
    /// <summary>
    /// So many ReplaceRoute calls a full bucket holds, and so many routes a router may lead where there is a choice: it
    /// fails over without waiting for EC2.
    /// </summary>
    public const int Most = 50;

    private readonly int[] _led = new int[hosts.All.Length];

    public bool IsOver => Array.Exists(_led, led => led > Most);

    public bool IsOverAt(int host) => host >= 0 && _led[host] > Most;

    public void Add(int host, int routes) => _led[host] += routes;

    /// <summary>Of hosts that are equally good: the one that leads already, unless it leads too much and another does not; else the least loaded.</summary>
    /// <param name="standing">Host that the route leads to now; -1 for none.</param>
    /// <param name="changes">What decides between hosts with the same load.</param>
    public int Choose(IReadOnlyCollection<int> hosts, int standing, Func<int, long>? changes = null)
    {
        if (hosts.Contains(standing) && (!IsFull(standing) || hosts.All(IsFull))) return standing;
        return hosts.MinBy(host => (IsFull(host), WithOneMore(host), changes?.Invoke(host) ?? 0, host));
    }

    /// <summary>Hosts to which routes of ours that stand lead blocks of others, covers aside; once for each route.</summary>
    public static List<int> Aggregates(PlanGround ground, TableView view)
    {
        var match = new LongestMatch(view.Routes.Values.Select(route => new Hop(route.Destination, route.Target, ground.Hosts.Behind(route.Target))));
        var led = new HashSet<int>();
        foreach (var block in ground.Groups.Where(group => group.Cidr.Family == view.Family).SelectMany(group => group.Granted))
        {
            foreach (var (_, hop) in match.Ranges(block.Cidr))
            {
                if (hop == LongestMatch.Unmatched || match.Hops[hop].Host is not (>= 0 and var host) || host == block.Host) continue;
                if (!ground.Roots.ContainsKey(match.Hops[hop].Destination) && view.Routes[match.Hops[hop].Destination].Kind == Standing.Ours) led.Add(hop);
            }
        }

        return [.. led.Select(hop => match.Hops[hop].Host)];
    }

    /// <summary>It leads as much as it should.</summary>
    public bool IsFull(int host) => _led[host] >= Most;

    /// <summary>Load if the host led one more.</summary>
    public double WithOneMore(int host) => (_led[host] + 1) / (hosts[host].Host.Bandwidth is { } gigabits and > 0 ? gigabits : 1);
}
