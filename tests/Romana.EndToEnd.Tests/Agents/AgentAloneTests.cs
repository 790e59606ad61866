using System.Net;
using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests.Agents;

/// <summary>
/// An agent that is started while store and controller are away (decision 0045): new pods get addresses and reach other hosts'
/// pods, unless its journal cannot be shown to be the last word.
/// </summary>
public sealed class AgentAloneTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_killed_agent_serves_new_pods_alone_and_so_it_does_after_a_boot()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces takes root");
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 2));
        using var lan = new AgentLan();
        var (one, other, standing) = await AloneAsync(rig, lan);

        // Nothing of the kernel's state is left either: what comes back is what is remembered.
        one.Space.Run(() => Shell.Run("ip", "route flush proto 82"));
        one.Space.Run(() => Shell.Run("nft", "delete table inet romana"));
        one.Start();
        await one.ReadyAsync(rig);
        var (second, address) = await one.AddAsync("pod-2");
        Assert.NotEqual(standing, address);
        await rig.UntilAsync(() => AgentHost.AskAsync(second, other).GetAwaiter().GetResult() == $"{address}", $"a new pod to reach the other host's: {one.Agent.Errors}");
        Assert.Equal($"{address}", await AgentHost.AskAsync(second, standing));

        await one.Agent.KillAsync();
        one.StartInBoot("11111111-2222-3333-4444-555555555555");
        await one.ReadyAsync(rig);
        await rig.UntilAsync(() => one.TryAddAsync("pod-3").GetAwaiter().GetResult().Status == HttpStatusCode.OK, $"a pod after the rest of five seconds: {one.Agent.Errors}");
        await one.DeleteAsync("pod-2");
        await one.DeleteAsync("pod-2");
    }

    [Fact]
    public async Task A_journal_that_is_put_back_serves_what_stands_and_nothing_new_until_the_store_is_there()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces takes root");
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 2));
        using var lan = new AgentLan();
        var (one, other, _) = await AloneAsync(rig, lan);
        foreach (var file in Directory.GetFiles(_folder.Path, "host-1.db*")) File.Copy(file, file + ".copy");
        one.Start();
        await one.ReadyAsync(rig);
        var (second, address) = await one.AddAsync("pod-2");
        await one.Agent.KillAsync();
        foreach (var file in Directory.GetFiles(_folder.Path, "host-1.db*").Where(file => !file.EndsWith(".copy", StringComparison.Ordinal))) File.Delete(file);
        foreach (var file in Directory.GetFiles(_folder.Path, "host-1.db*.copy")) File.Move(file, file[..^".copy".Length]);

        one.Start();
        await one.Agent.SaysAsync("the journal alone is not enough to hand out addresses");
        await rig.UntilAsync(() => one.TryAddAsync("pod-3").GetAwaiter().GetResult().Text.Contains("\"code\":11", StringComparison.Ordinal), "an answer of the agent");
        Assert.Equal($"{address}", await AgentHost.AskAsync(second, other));

        File.Move(_folder.Store + ".away", _folder.Store);
        await one.ReadyAsync(rig);
        await rig.UntilAsync(() => one.TryAddAsync("pod-4").GetAwaiter().GetResult().Status == HttpStatusCode.OK, $"a pod after the rest of five seconds: {one.Agent.Errors}");
        Assert.Equal($"{address}", await AgentHost.AskAsync(second, other));
    }

    /// <summary>Two hosts with a pod each; then the controller, the store and the first host's agent are gone.</summary>
    private async Task<(AgentHost One, Ipam.Addressing.IpAddress Other, Ipam.Addressing.IpAddress Standing)> AloneAsync(Rig rig, AgentLan lan)
    {
        var (one, two) = (lan.Add(rig, _folder.Path, "host-1"), lan.Add(rig, _folder.Path, "host-2"));
        using (var controller = ControllerProcess.Start(rig, _folder.Path))
        {
            one.Start();
            two.Start();
            await one.ReadyAsync(rig);
            await two.ReadyAsync(rig);
        }

        var (first, standing) = await one.AddAsync("pod-1");
        var (_, other) = await two.AddAsync("pod-o");
        await rig.UntilAsync(() => AgentHost.AskAsync(first, other).GetAwaiter().GetResult() == $"{standing}", $"pods to reach each other: {one.Agent.Errors}");
        await one.Agent.KillAsync();

        // The other agent goes on with the file that it has open; nobody who comes now finds it.
        File.Move(_folder.Store, _folder.Store + ".away");
        return (one, other, standing);
    }
}
