using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Stores;
using Romana.Node.Cni;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Wiring;
using Romana.Node.Planning;
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

    private readonly ILogger _log = logs.CreateLogger("agent");

    /// <summary>Runs until cancelled; pods keep their links and the kernel its state when it ends.</summary>
    /// <exception cref="IOException"/>
    /// <exception cref="JournalUnavailableException">Another agent has the journal, or it cannot be read.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var journal = SqliteJournal.Open(new SqliteJournalOptions { Path = options.Journal });
        PodWiring? links = null;
        using var kernel = new KernelLoop(space, clock, logs.CreateLogger("kernel")) { Mend = stop => links?.MendAsync(stop) ?? Task.FromResult(0) };
        await using var wiring = links = PodWiring.Open(space, Terms(kernel), logs.CreateLogger("links"));
        var addresses = await OpenAsync(journal, wiring, kernel, cancel).ConfigureAwait(false);
        var readiness = new Readiness();
        var attachments = new Attachments(addresses, wiring, readiness, new PendingDeletes(Path.Combine(Path.GetDirectoryName(options.Socket)!, "pending")), logs.CreateLogger<Attachments>());
        await using var server = await AttachmentServer.StartAsync(
            options.Socket, attachments, null, cancel, new AgentPages(addresses, readiness, kernel).Map).ConfigureAwait(false);
        await TogetherAsync(kernel.RunAsync, stop => WithStoreAsync(addresses, kernel, readiness, stop), cancel).ConfigureAwait(false);
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
    private async Task<PodAddresses> OpenAsync(IJournal journal, PodWiring wiring, KernelLoop kernel, CancellationToken cancel)
    {
        var seen = await wiring.LookAsync(cancel).ConfigureAwait(false);
        foreach (var pod in seen.GroupBy(one => one.Key))
        {
            ImmutableArray<IpAddress> sources = [.. pod.Select(one => one.Address)];
            kernel.Expect(new PodFact(new LinkPlan(pod.Key, sources).HostInterface, sources));
        }

        var addresses = new PodAddresses(journal, clock);
        addresses.Open(new BookOpening
        {
            Now = clock.GetUtcNow(),
            BootId = (await File.ReadAllTextAsync(BootIdFile, cancel).ConfigureAwait(false)).Trim(),
            InUse = seen,
        });
        return addresses;
    }

    private async Task WithStoreAsync(PodAddresses addresses, KernelLoop kernel, Readiness readiness, CancellationToken cancel)
    {
        var waiting = new Waiting(clock, _log);
        using var store = await waiting.UntilAsync(_ => Task.FromResult(TryOpenStore()), $"the store {options.Store}", cancel).ConfigureAwait(false);
        using var network = space is null ? KernelNetwork.Open() : KernelNetwork.Open(space);
        var own = await waiting.UntilAsync(
            stop => OwnHost.FindAsync(store, options, network.Addresses.List().Select(address => address.Address), stop),
            $"the controller to know this host ({options.Name}, {options.InstanceId ?? options.MachineId ?? "no instance or machine id"})", cancel).ConfigureAwait(false);
        var pass = new StorePass(store, addresses, kernel, readiness, own.Uid, _log);
        var list = options.Configurations is { } folder ? new ConflistFile(options, folder, logs.CreateLogger("install")) : null;
        await new StoreLoop(store, clock, _log).RunAsync(own.Uid, LookAsync, cancel).ConfigureAwait(false);

        async Task LookAsync(CancellationToken stop)
        {
            await pass.RunAsync(stop).ConfigureAwait(false);
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
