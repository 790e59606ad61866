namespace Romana.Cloud.Planning;

/// <summary>Routes that each host leads, over all tables, against its bandwidth: the measure of balance.</summary>
internal sealed class RouterLoad(PlanHosts hosts)
{
    private readonly int[] _led = new int[hosts.All.Length];

    public void Add(int host, int routes) => _led[host] += routes;

    /// <summary>Load if the host led one more.</summary>
    public double WithOneMore(int host) => (_led[host] + 1) / (hosts[host].Host.Bandwidth is { } gigabits and > 0 ? gigabits : 1);
}
