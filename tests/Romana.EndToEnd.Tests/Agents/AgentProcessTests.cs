using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests.Agents;

/// <summary>
/// The controller and two agents as processes on one SQLite file: agents find their records, accept what they are lent, serve the
/// plugin, and route to each other; a killed one goes on where it was.
/// </summary>
public sealed class AgentProcessTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pods_of_two_hosts_get_addresses_and_reach_each_other()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces takes root");
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 2));
        using var lan = new AgentLan();
        var (one, two) = (lan.Add(rig, _folder.Path, "host-1"), lan.Add(rig, _folder.Path, "host-2"));
        // An agent may be there before its controller.
        one.Start();
        using var controller = ControllerProcess.Start(rig, _folder.Path);
        two.Start();
        await one.ReadyAsync(rig);
        await two.ReadyAsync(rig);

        var (a, first) = await one.AddAsync("pod-a");
        var (b, second) = await one.AddAsync("pod-b");
        var (c, third) = await two.AddAsync("pod-c");
        Assert.Equal(3, new[] { first, second, third }.Distinct().Count());
        Assert.Equal($"{first}", await AgentHost.AskAsync(a, second));
        await rig.UntilAsync(() => AgentHost.AskAsync(a, third).GetAwaiter().GetResult() == $"{first}", $"pod-a to reach pod-c: {one.Agent.Errors}");
        Assert.Equal($"{third}", await AgentHost.AskAsync(c, second));
        Assert.Equal($"{one.Address}", await AgentHost.AskAsync(one.Space, third));

        await PodsOutliveTheirAgentAsync(rig, one, (a, first), third);
        await one.DeleteAsync("pod-a");
        Assert.Null(await AgentHost.AskAsync(c, first));
        Assert.Equal($"{third}", await AgentHost.AskAsync(c, second));
    }

    private async Task PodsOutliveTheirAgentAsync(Rig rig, AgentHost one, (Romana.Node.Linux.Namespaces.NetworkNamespace Space, Ipam.Addressing.IpAddress Address) pod, Ipam.Addressing.IpAddress other)
    {
        await one.Agent.KillAsync();
        Assert.Equal($"{pod.Address}", await AgentHost.AskAsync(pod.Space, other));
        one.Start();
        await one.ReadyAsync(rig);
        Assert.Equal($"{pod.Address}", await AgentHost.AskAsync(pod.Space, other));

        // Nothing was missing, so nothing was written.
        await rig.UntilAsync(() => one.StatusAsync().GetAwaiter().GetResult().GetProperty("kernelLooks").GetInt64() > 0, "a look at the kernel");
        Assert.Equal(0, (await one.StatusAsync()).GetProperty("kernelWrites").GetInt64());
        using var status = RomanaProcess.Node(_folder.Path, "status", "--socket", one.Socket);
        var said = await status.EndAsync();
        Assert.Equal((0, "ready: pods can be served"), (said.ExitCode, said.Output.Split('\n')[0]));
        using var list = RomanaProcess.Node(_folder.Path, "attachments", "--socket", one.Socket);
        var lines = (await list.EndAsync()).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Contains($"{pod.Address} ", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("pod-a", lines[1], StringComparison.Ordinal);

        // A pod's own route is its link's, and comes back as well.
        var route = $"{pod.Address} dev ";
        one.Space.Run(() => Shell.Run("ip", $"route del {pod.Address}/32"));
        await rig.UntilAsync(() => one.Space.Run(() => Shell.Run("ip", "route show")).Contains(route, StringComparison.Ordinal), $"the pod's route again: {one.Agent.Errors}");

        // A second agent on the same journal is refused in words.
        using var rival = RomanaProcess.Node(_folder.Path, "agent", "--store", _folder.Store, "--journal", Path.Combine(_folder.Path, "host-1.db"), "--socket", one.Socket + "2");
        var refused = await rival.EndAsync();
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("romana-node: ", refused.Errors, StringComparison.Ordinal);
    }
}
