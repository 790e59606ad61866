using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Romana.Node.Agent;
using Romana.Node.Commands;
using Romana.Node.Linux.Namespaces;
using Romana.Stores.Sqlite;

namespace Romana.Bench.Node;

/// <summary>
/// One host of a VPC in a namespace, and its agent as a process of its own: store, journal, links, routes, rules, nftables,
/// all of it real. What the controller would have written stands in the store: one block, lent and routed.
/// </summary>
internal sealed class BenchNode : IDisposable
{
    public const string Pods = "10.244.0.0/16", Block = "10.244.0.0/20", Address = "10.0.0.10", Gateway = "10.0.0.1";

    private static readonly HostUid Self = new("h-1");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private Process? _agent;

    /// <param name="folder">Holds store, journal and socket.</param>
    public BenchNode(string folder)
    {
        _folder = folder;
        Links.Connect(Wire, "node", Host, "eth0", (Gateway, 24), (Address, 24));
        Links.Default(Host, "eth0", Gateway);
        using var store = SqliteStore.Open(new SqliteStoreOptions { Path = Store });
        FillAsync(store).GetAwaiter().GetResult();
    }

    public NetworkNamespace Host { get; } = NetworkNamespace.Create();

    /// <summary>Where the host's uplink ends, and its default route leads.</summary>
    public NetworkNamespace Wire { get; } = NetworkNamespace.Create();

    public string Socket => Path.Combine(_folder, "cni.sock");

    /// <summary>Of the agent's process.</summary>
    public int Id => _agent!.Id;

    private string Log => Path.Combine(_folder, "agent.log");

    private string Store => Path.Combine(_folder, "romana.db");

    /// <summary>Starts it and waits until it says that pods can be served; how long that took.</summary>
    public TimeSpan Start()
    {
        File.Delete(Log);
        var started = Stopwatch.GetTimestamp();
        // Its log goes into a file, so that nobody's reading of it is measured.
        _agent = Host.Run(() => Process.Start(new ProcessStartInfo("/bin/sh",
            ["-c", "exec \"$0\" \"$@\" 2>\"$LOG\"", Path.Combine(AppContext.BaseDirectory, "romana-node"), "agent", "--store", Store,
                "--journal", Path.Combine(_folder, "journal.db"), "--socket", Socket, "--name", "node-1", "--machine-id", "machine-1"])
        {
            Environment = { ["LOG"] = Log },
        })!);
        Waits.Until(() => Said().Contains("ready: pods can be served", StringComparison.Ordinal), Patience,
            () => _agent.HasExited ? throw new InvalidOperationException(Said()) : $"the agent to be ready: {Said()}");
        return Stopwatch.GetElapsedTime(started);
    }

    public void Stop()
    {
        if (_agent is not { } agent) return;
        agent.Kill();
        agent.WaitForExit();
        agent.Dispose();
        _agent = null;
    }

    public JsonElement Status()
    {
        using var page = JsonDocument.Parse(AgentSocket.GetAsync(Socket, AgentPages.Status, CancellationToken.None).GetAwaiter().GetResult());
        return page.RootElement.Clone();
    }

    /// <summary>Requests for a change of the kernel since it began.</summary>
    public long KernelWrites() => Status().GetProperty("kernelWrites").GetInt64();

    public long KernelLooks() => Status().GetProperty("kernelLooks").GetInt64();

    /// <summary>Seconds of processor that the agent has taken, user and kernel (proc_pid_stat(5), in hundredths).</summary>
    public (double User, double Kernel) Processor()
    {
        var stat = File.ReadAllText($"/proc/{Id}/stat");
        var times = stat[(stat.LastIndexOf(')') + 2)..].Split(' ').Skip(11).Take(2).Select(double.Parse).ToList();
        return (times[0] / 100, times[1] / 100);
    }

    /// <summary>Bytes of memory that it has in use (VmRSS).</summary>
    public long Memory() => long.Parse(File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;

    public void Dispose()
    {
        Stop();
        Host.Dispose();
        Wire.Dispose();
    }

    private string Said() => File.Exists(Log) ? File.ReadAllText(Log) : "";

    private static async Task FillAsync(SqliteStore store)
    {
        const string Document = $$"""
            {"apiVersion":"romana.io/v1alpha1",
             "networks":[{"name":"pods","cidr":"{{Pods}}","block_mask":20,"owner":"host"}],
             "topologies":[{"networks":["pods"],"map":[{"routing":"block-announce-vpc","groups":[]}]}]}
            """;
        var pods = Cidr.Parse(Pods);
        await PutAsync(store, RecordTypes.Topology.Create("topology", Stamp.New(), new TopologySpec { Document = Document, Generation = 1, Arenas = [new Arena("pods", pods, 20)] }));
        await PutAsync(store, RecordTypes.Hosts.Create(Self.Text, Stamp.New(), new HostSpec
        {
            Uid = Self,
            Name = "node-1",
            Evidence = new HostEvidence { MachineId = "machine-1" },
            Addresses = [IpAddress.Parse(Address)],
            PodInterface = new PodInterface { Address = IpAddress.Parse(Address), Link = "subnet-a" },
            Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", pods),
            AgentAdmitted = true,
        }));
        var block = Cidr.Parse(Block);
        await PutAsync(store, RecordTypes.Blocks.Create(BlockKey.Of(block), Stamp.New(), new BlockSpec
        {
            Cidr = block,
            Network = "pods",
            Group = pods,
            Host = Self,
            Epoch = 1,
            Generation = 1,
            Intent = BlockIntent.Lent,
            RoutedEpoch = 1,
        }));
    }

    private static async Task PutAsync(SqliteStore store, Write write)
    {
        if (await store.WriteSurelyAsync(write, default) is not WriteResult.Committed) throw new InvalidOperationException($"{write.Key} was not written");
    }
}
