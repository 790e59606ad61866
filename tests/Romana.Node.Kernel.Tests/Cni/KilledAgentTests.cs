using Romana.Node.Kernel.Tests.Wiring;

namespace Romana.Node.Kernel.Tests.Cni;

/// <summary>The agent is killed after each change that ADD and DEL make, and started again.</summary>
public sealed class KilledAgentTests : IAsyncLifetime
{
    // More than a dual-stack link has steps: a test ends when a call came through.
    private const int MostSteps = 60;

    private readonly string _folder = Directory.CreateTempSubdirectory("romana-kernel-").FullName;
    private readonly WiredHost _host = WiredHost.Create();
    private string _before = "";

    public ValueTask InitializeAsync()
    {
        _before = _host.Dump();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>By turns: most runtimes begin anew with a DEL, some repeat the ADD.</summary>
    [Fact]
    public async Task An_ADD_that_was_killed_anywhere_is_repeated_or_taken_back()
    {
        var repeats = true;
        await ForEachStepAsync("ADD", async (pod, path) =>
        {
            if (repeats)
            {
                var added = await AskAsync("ADD", pod, path);
                Assert.Equal(2, added.Result["ips"]!.AsArray().Count);
                var checking = Plugins.Configuration(Child.LocalNode.SocketIn(_folder));
                checking["prevResult"] = added.Result.DeepClone();
                Assert.Equal(new PluginAnswer(0, ""), await Plugins.RunAsync(_host.Host, Plugins.Ours, "CHECK", pod, path, checking));
            }

            repeats = !repeats;
            Assert.Equal(0, (await AskAsync("DEL", pod, "")).Code);
        });
    }

    [Fact]
    public async Task A_DEL_that_was_killed_anywhere_is_finished_by_the_next() =>
        await ForEachStepAsync("DEL", async (pod, path) => Assert.Equal(0, (await AskAsync("DEL", pod, path)).Code));

    /// <summary>I1: the kernel's word on who has which address outweighs a journal that is not there.</summary>
    [Fact]
    public async Task A_lost_journal_hands_out_no_address_that_a_pod_has()
    {
        var (pod, other) = (_host.Pods.New(), _host.Pods.New());
        string[] had;
        using (var agent = await AgentProcess.StartAsync(_folder, _host.Host))
        {
            had = Addresses(await AskAsync("ADD", "web", pod));
            await agent.KillAfterAsync(1);
            await AskAsync("ADD", "victim", other);
            Assert.NotNull(await agent.LastAsync());
        }

        foreach (var file in Directory.GetFiles(_folder, "journal.db*")) File.Delete(file);
        using (var agent = await AgentProcess.StartAsync(_folder, _host.Host))
        {
            Assert.Empty(Addresses(await AskAsync("ADD", "other", other)).Intersect(had));
            Assert.Equal(had, Addresses(await AskAsync("ADD", "web", pod)));
            foreach (var name in new[] { "web", "other" }) Assert.Equal(0, (await AskAsync("DEL", name, "")).Code);
            Assert.Null(await agent.LastAsync());
        }

        Assert.Equal(_before, _host.Dump());
    }

    /// <param name="command">Killed after its first change, then after its second, and so on until it comes through.</param>
    /// <param name="heal">With the pod's name and path, while the agent that came after serves; leaves nothing of the pod.</param>
    private async Task ForEachStepAsync(string command, Func<string, string, Task> heal)
    {
        var steps = new List<string>();
        var agent = await AgentProcess.StartAsync(_folder, _host.Host);
        for (var step = 1; step <= MostSteps; step++)
        {
            var (pod, path) = ($"pod-{step}", _host.Pods.New());
            if (command == "DEL") Assert.Equal(0, (await AskAsync("ADD", pod, path)).Code);
            await agent.KillAfterAsync(step);
            var answer = await AskAsync(command, pod, path);
            if (await agent.LastAsync() is { } last) steps.Add(last);
            var isThrough = steps.Count < step;
            Assert.True(isThrough || command == "DEL" || answer.Code == 11, answer.Output);
            agent.Dispose();
            agent = await AgentProcess.StartAsync(_folder, _host.Host);
            await heal(pod, path);
            if (isThrough) break;
        }

        Assert.Null(await agent.LastAsync());
        agent.Dispose();
        Assert.InRange(steps.Count, 4, MostSteps - 1);
        Assert.Equal(_before, _host.Dump());
    }

    private static string[] Addresses(PluginAnswer answer) => [.. answer.Result["ips"]!.AsArray().Select(ip => ip!["address"]!.GetValue<string>())];

    private Task<PluginAnswer> AskAsync(string command, string pod, string path) =>
        Plugins.RunAsync(_host.Host, Plugins.Ours, command, pod, path, Plugins.Configuration(Child.LocalNode.SocketIn(_folder)));
}
