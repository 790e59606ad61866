using System.Diagnostics;
using Romana.Ipam.Addressing;
using Romana.Node.Kernel.Tests.Fabric;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>The lab of two VLANs with a real agent on each host, a store that both share, and pods that the plugin adds.</summary>
internal sealed class AgentLab : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20), Look = TimeSpan.FromMilliseconds(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("romana-vlans-").FullName;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly Dictionary<string, string> _paths = [];

    private AgentLab(VlanLab lab) => Lab = lab;

    public VlanLab Lab { get; }

    public VlanAgent First { get; private set; } = null!;

    public VlanAgent Second { get; private set; } = null!;

    public string Folder => _folder;

    public string Store { get; private set; } = "";

    /// <summary>Hosts without pods; no agent runs yet.</summary>
    public static async Task<AgentLab> CreateAsync(string nodes = "first-of-block", string more = "", bool isTagged = false, bool isInside = false)
    {
        var lab = new AgentLab(VlanLab.Create(isInside, isServed: true));
        lab.Store = await VlanStore.CreateAsync(lab._folder, lab.Lab.Hosts, nodes, more, isTagged);
        lab.First = new VlanAgent(lab.Lab.Hosts[0], lab._folder, lab.Store);
        lab.Second = new VlanAgent(lab.Lab.Hosts[1], lab._folder, lab.Store);
        return lab;
    }

    /// <summary>Both agents settled, and all pods of the lab added.</summary>
    public static async Task<AgentLab> RunningAsync(params string[] pods)
    {
        var lab = await CreateAsync();
        try
        {
            await lab.StartAsync();
            foreach (var pod in pods.Length > 0 ? pods : [.. VlanLab.Pods]) await lab.AddAsync(pod);
            await lab.First.SettledAsync();
            await lab.Second.SettledAsync();
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public async Task StartAsync()
    {
        First.Start();
        Second.Start();
        await First.SettledAsync();
        await Second.SettledAsync();
    }

    /// <summary>The pod gets the addresses that the lab's plan has for it.</summary>
    public async Task AddAsync(string pod)
    {
        var answer = await AgentOf(pod).AskAsync("ADD", pod, Path(pod), VlanStore.Tenant(VlanLab.VlanOf(pod)));
        Assert.True(answer.ExitCode == 0, $"{pod}: {answer.Output}\n{AgentOf(pod).Log}");
        Assert.Equal(VlanLab.Families.Select(family => Cidr.Of(VlanLab.Address(pod, family)).ToString()), answer.Result["ips"]!.AsArray().Select(one => one!["address"]!.GetValue<string>()));
        Lab.Host(pod).Adopt(answer.Result["interfaces"]![0]!["name"]!.GetValue<string>(), VlanLab.VlanOf(pod));
    }

    public async Task DeleteAsync(string pod) => Assert.Equal(0, (await AgentOf(pod).AskAsync("DEL", pod, Path(pod))).Code);

    public VlanAgent AgentOf(string pod) => Lab.Host(pod) == Lab.Hosts[0] ? First : Second;

    /// <summary>A link to the descriptor of the pod's namespace, for as long as the lab stands.</summary>
    public string Path(string pod)
    {
        if (_paths.TryGetValue(pod, out var known)) return known;
        var path = System.IO.Path.Combine(_folder, $"pod-{pod}");
        File.CreateSymbolicLink(path, $"/proc/{Environment.ProcessId}/fd/{Lab[pod].Space.Handle.Handle}");
        return _paths[pod] = path;
    }

    /// <summary>From a change by somebody else until the first host was seen to be as before; the agent wrote meanwhile.</summary>
    public async Task<TimeSpan> HealedAsync(string before, Action harm)
    {
        var writes = (await First.StatusAsync())?.KernelWrites;
        harm();
        var started = Stopwatch.GetTimestamp();
        using var limit = new CancellationTokenSource(Limit);
        while (true)
        {
            var now = Lab.Hosts[0].Glance();
            var took = Stopwatch.GetElapsedTime(started);
            if (now == before && await First.StatusAsync() is { } page && page.KernelWrites != writes) return took;
            if (limit.IsCancellationRequested) Assert.Fail($"not healed:\n{now}\n--- before:\n{before}\n{First.Log}");
            await Task.Delay(Look, _clock, TestContext.Current.CancellationToken);
        }
    }

    public ValueTask DisposeAsync()
    {
        First?.Dispose();
        Second?.Dispose();
        Lab.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
