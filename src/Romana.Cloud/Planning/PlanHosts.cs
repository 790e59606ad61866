using System.Collections.Immutable;

namespace Romana.Cloud.Planning;

/// <summary>The hosts of an inventory, numbered by name, with what is wrong with them.</summary>
internal sealed class PlanHosts
{
    private readonly Dictionary<string, int> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _byEni = new(StringComparer.Ordinal);

    public PlanHosts(ImmutableArray<InventoryHost> hosts, List<Refusal> refused)
    {
        var list = new List<PlanHost>(hosts.Length);
        foreach (var host in hosts.OrderBy(host => host.Name, StringComparer.Ordinal))
        {
            if (!_byName.TryAdd(host.Name, list.Count))
            {
                refused.Add(new Refusal(
                    "no_host", null, $"Two hosts are called {host.Name}; the one with {host.Eni} is left out", "Give every host a name of its own"));
                continue;
            }

            list.Add(new PlanHost(list.Count, host, Claim(host, list.Count, list, refused)));
        }

        All = [.. list];
    }

    public ImmutableArray<PlanHost> All { get; }

    public PlanHost this[int index] => All[index];

    /// <summary>Index of the host of that name; -1 when there is none.</summary>
    public int Named(string name) => _byName.TryGetValue(name, out var index) ? index : -1;

    /// <summary>Index of the host whose pod interface is that target; -1 when it is somebody else's.</summary>
    public int Behind(string target) => _byEni.TryGetValue(target, out var index) ? index : -1;

    public PlanHost? HostBehind(string target) => Behind(target) is >= 0 and var index ? All[index] : null;

    private bool Claim(InventoryHost host, int index, List<PlanHost> sofar, List<Refusal> refused)
    {
        if (string.IsNullOrEmpty(host.Eni))
        {
            refused.Add(new Refusal(
                "no_interface", null, $"Host {host.Name} ({host.Ip}) has no known pod interface, so nothing is routed to it and what stands for it stays",
                "Check that its instance runs in this VPC and that the address is one of its interfaces'"));
            return false;
        }

        if (_byEni.TryAdd(host.Eni, index)) return true;
        refused.Add(new Refusal(
            "no_interface", null, $"Host {host.Name} claims interface {host.Eni}, which is {sofar[_byEni[host.Eni]].Name}'s",
            "Correct the inventory: one pod interface belongs to one host"));
        return false;
    }
}
