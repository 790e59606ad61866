using Romana.Ipam.Addressing;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>
/// What `make demo-vlan` shows, with real agents and pods that their plugin added: for each pair of pods the path that packets really took, from the counters of both hosts and
/// of the gateway; then the gateway's cable is pulled.
/// </summary>
public sealed class VlanDemoTests
{
    private static readonly string[] Pods = ["p10a", "p10b", "p20a", "p20c"];

    [Fact]
    public async Task Paths_with_a_gateway_and_without()
    {
        await using var agents = await AgentLab.RunningAsync(Pods);
        var lab = agents.Lab;
        Say("two VLANs, two hosts, a gateway; romana-node agent runs on each host");
        foreach (var pod in Pods) Say($"{pod} on {lab.Host(pod).Name}: {string.Join(" ", VlanLab.Families.Select(family => VlanLab.Address(pod, family)))}");
        Say("");
        await ShowAsync(lab, (from, to) => from[..3] == to[..3] ? Within(from, to) : "via gateway");
        Say("");
        Say("the gateway's cables are pulled");
        foreach (var number in VlanLab.Numbers) lab.Cable("gateway", number, isIn: false);
        await ShowAsync(lab, (from, to) => from[..3] == to[..3] ? Within(from, to) : "no answer");
    }

    private static async Task ShowAsync(VlanLab lab, Func<string, string, string> expected)
    {
        foreach (var family in VlanLab.Families)
        {
            foreach (var (from, to) in Pods.SelectMany(from => Pods.Where(to => to != from).Select(to => (from, to))))
            {
                var path = await PathAsync(lab, from, to, family);
                Say($"{family}  {from} -> {to}  {path}");
                Assert.StartsWith(expected(from, to), path, StringComparison.Ordinal);
            }
        }
    }

    private static async Task<string> PathAsync(VlanLab lab, string from, string to, IpFamily family)
    {
        foreach (var node in lab.Hosts.Select(host => host.Node).Append(lab.Gateway)) node.Forget();
        var (answered, _) = await lab.CallAsync(from, to, family, TimeSpan.FromMilliseconds(400));
        var (one, other) = (VlanLab.Address(from, family), VlanLab.Address(to, family));
        var through = lab.Gateway.Seen(one, other);
        var hosts = lab.Hosts.Where(host => host.Node.Seen(one, other) > 0).Select(host => host.Name).ToList();
        if (!answered) return $"no answer; the gateway forwarded {through} packets";
        return through > 0 ? $"via gateway ({through} packets there, {lab.Gateway.Seen(other, one)} back; hosts {string.Join(" and ", hosts)})"
            : hosts.Count == 1 ? $"local on {hosts[0]}" : "host to host";
    }

    /// <summary>p20a is on h1, p20c on h2.</summary>
    private static string Within(string from, string to) => from[^1] == 'c' || to[^1] == 'c' ? "host to host" : "local";

    private static void Say(string line) => TestContext.Current.SendDiagnosticMessage("| " + line);
}
