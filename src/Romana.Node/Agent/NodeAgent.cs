using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Stores;
using Romana.Node.Agent.Health;
using Romana.Node.Agent.Memory;
using Romana.Node.Cni;
using Romana.Node.Linux;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Wiring;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;
using Romana.Stores.Sqlite;

namespace Romana.Node.Agent;

/// <summary>
/// The agent of one host, put together: journal and pods' links first, then the plugin's socket, which needs neither store nor
/// controller; then the store, as soon as it shows this host.
/// </summary>
/// <param name="space">The host's network namespace; null is this process's own.</param>
internal sealed class NodeAgent(AgentOptions options, NetworkNamespace? space, TimeProvider clock, ILoggerFactory logs)
{
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(1);

    private readonly ILogger _log = logs.CreateLogger("agent");

    /// <summary>Runs until cancelled; pods keep their links and the kernel its state when it ends.</summary>
    /// <exception cref="IOException"/>
    /// <exception cref="JournalUnavailableException">Another agent has the journal, or it cannot be read.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(options.Socket)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var boot = (await File.ReadAllTextAsync(BootIdFile, cancel).ConfigureAwait(false)).Trim();
        using var memory = AgentMemory.Open(options, boot, Addresses(), clock, _log);
        PodWiring? links = null;
        using var metrics = new AgentMetrics(clock);
        using var kernel = new KernelLoop(space, clock, logs.CreateLogger("kernel"))
        {
            Mend = async stop => links is null ? 0 : metrics.Mended(await links.MendAsync(stop).ConfigureAwait(false)),
        };
        await using var wiring = links = PodWiring.Open(space, Terms(kernel), logs.CreateLogger("links"));
        var addresses = await OpenAsync(memory, boot, wiring, kernel, cancel).ConfigureAwait(false);
        var readiness = new Readiness { Look = () => kernel.Last?.Refusals };
        var telling = new Telling(addresses, kernel, readiness, Here, _log);
        var attachments = new Attachments(addresses, wiring, readiness, new PendingDeletes(Path.Combine(Path.GetDirectoryName(options.Socket)!, "pending")), logs.CreateLogger<Attachments>())
        {
            Begun = metrics.Begun,
        };
        await using var server = await AttachmentServer.StartAsync(
            options.Socket, attachments, null, cancel, new AgentPages(addresses, readiness, kernel, new Collecting(addresses, attachments, space)).Map).ConfigureAwait(false);
        metrics.Watch(addresses, kernel, () => readiness.WhyNot(addresses.IsOpen) is null);
        using var text = new MetricsText(metrics.Meter);
        await using var health = await HealthServer.TryStartAsync(options.Listen, () => readiness.WhyNot(addresses.IsOpen), text, logs.CreateLogger("health"), cancel).ConfigureAwait(false);
        await TogetherAsync(kernel.RunAsync, stop => TogetherAsync(also => RecallAsync(memory, telling, also), also => WithStoreAsync(addresses, kernel, memory, telling, readiness, metrics, also), stop), cancel).ConfigureAwait(false);
    }

    private static LinkTerms Terms(KernelLoop kernel) => new()
    {
        WayOf = kernel.WayOf,
        Admit = (name, sources) =>
        {
            if (kernel.WhyNot(sources) is { } why) throw new WiringException(why);
            kernel.Admit(new PodFact(name, sources));
        },
        Dismiss = (name, _) => kernel.Dismiss(name),
    };

    /// <summary>In use is what the journal says and what the kernel shows; nothing is handed out before both were read.</summary>
    private async Task<PodAddresses> OpenAsync(AgentMemory memory, string boot, PodWiring wiring, KernelLoop kernel, CancellationToken cancel)
    {
        var seen = await wiring.LookAsync(cancel).ConfigureAwait(false);
        foreach (var pod in seen.GroupBy(one => one.Key))
        {
            ImmutableArray<IpAddress> sources = [.. pod.Select(one => one.Address)];
            kernel.Expect(new PodFact(new LinkPlan(pod.Key, sources).HostInterface, sources));
        }

        var addresses = new PodAddresses(memory.Journal, clock);
        addresses.Open(new BookOpening
        {
            Now = clock.GetUtcNow(),
            BootId = boot,
            JournalRestored = memory.Trust is JournalTrust.Restored,
            Unconfirmed = memory.Trust is JournalTrust.Unconfirmed,
            InUse = seen,
        });
        return addresses;
    }

    /// <summary>What is remembered serves once the store has had its time to answer: if it does, its word comes first.</summary>
    private async Task RecallAsync(AgentMemory memory, Telling telling, CancellationToken cancel)
    {
        await Task.Delay(StorePatience, clock, cancel).ConfigureAwait(false);
        if (memory.Own is { } own) telling.Recall(own, memory.Mirror.View());
        await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancel).ConfigureAwait(false);
    }

    private IEnumerable<IpAddress> Addresses() => Here().Addresses.Select(address => address.Address);

    private VlanLook Here()
    {
        using var network = space is null ? KernelNetwork.Open() : KernelNetwork.Open(space);
        return new VlanLook { Interfaces = network.Interfaces.List(), Addresses = network.Addresses.List(), NamesMakers = KernelVlans.NamesMakers };
    }

    private async Task WithStoreAsync(PodAddresses addresses, KernelLoop kernel, AgentMemory memory, Telling telling, Readiness readiness, AgentMetrics metrics, CancellationToken cancel)
    {
        var waiting = new Waiting(clock, _log);
        using var store = await waiting.UntilAsync(_ => Task.FromResult(TryOpenStore()), $"the store {options.Store}", cancel).ConfigureAwait(false);
        var own = await waiting.UntilAsync(
            stop => OwnHost.FindAsync(store, options, Addresses(), stop),
            $"the controller to know this host ({options.Name}, {options.InstanceId ?? options.MachineId ?? "no instance or machine id"})", cancel).ConfigureAwait(false);
        var pass = new StorePass(store, addresses, memory, telling, own.Uid, Here, _log);
        var list = options.Configurations is { } folder ? new ConflistFile(options, folder, logs.CreateLogger("install")) : null;
        await new StoreLoop(store, memory.Mirror, clock, _log).RunAsync(own.Uid, LookAsync, cancel).ConfigureAwait(false);

        async Task LookAsync(CancellationToken stop)
        {
            await metrics.LookAsync(() => pass.RunAsync(stop)).ConfigureAwait(false);
            // Pods can be served once the kernel is set up; one that fails does not keep the store waiting.
            if (!kernel.FirstLook.IsCompleted) await Task.WhenAny(kernel.FirstLook, Task.Delay(StoreLoop.AfterTrouble, clock, stop)).ConfigureAwait(false);
            if (readiness.WhyNot(addresses.IsOpen) is null) list?.Show();
        }
    }

    /// <summary>The controller makes it, when it first runs.</summary>
    private SqliteStore? TryOpenStore() => File.Exists(options.Store) ? SqliteStore.Open(new SqliteStoreOptions { Path = options.Store, Create = false }) : null;

    /// <summary>Neither part ends by itself: the first that does has failed, or was told to stop.</summary>
    private static async Task TogetherAsync(Func<CancellationToken, Task> one, Func<CancellationToken, Task> other, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] parts = [Task.Run(() => one(ended.Token), ended.Token), Task.Run(() => other(ended.Token), ended.Token)];
        var first = await Task.WhenAny(parts).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }
}
