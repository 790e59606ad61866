using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Romana.Node.Linux;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Nftables;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Agent;

/// <summary>
/// Keeps a host's VLANs as they shall be: a pass at each notification, at new knowledge, and on a slow period whatever
/// events said. Proxy entries go without a notification (also those of an interface that flapped), so they alone are
/// looked at all the time.
/// </summary>
internal sealed partial class VlanLoop : IDisposable
{
    public static readonly TimeSpan Resync = TimeSpan.FromSeconds(60), AfterTrouble = TimeSpan.FromSeconds(1), Rest = TimeSpan.FromMilliseconds(10);

    public static readonly TimeSpan ProxyLook = TimeSpan.FromMilliseconds(100);

    private static readonly KernelKinds Watched = KernelKinds.Interfaces | KernelKinds.Addresses | KernelKinds.Routes | KernelKinds.Rules;

    private readonly NetworkNamespace? _space;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly KernelFabric _common;
    private readonly KernelVlans _kernel;
    private readonly VlanPass _pass;
    private readonly Channel<bool> _again = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _turn = new();
    private (VlanKnowledge Known, ImmutableArray<PodFact> Pods)? _known;
    private volatile bool _tableChanged = true;

    /// <param name="space">Null is the calling thread's namespace.</param>
    public VlanLoop(NetworkNamespace? space, TimeProvider clock, ILogger log)
    {
        (_space, _clock, _log) = (space, clock, log);
        _common = new KernelFabric(space);
        _kernel = new KernelVlans(space, _common);
        _pass = new VlanPass(_kernel, log);
    }

    /// <summary>Requests for a change so far.</summary>
    public long Writes => _common.Writes + _kernel.Writes;

    /// <summary>The newest pass; null before the first.</summary>
    public VlanWord? Last { get; private set; }

    public void Learn(VlanKnowledge known, ImmutableArray<PodFact> pods)
    {
        lock (_turn) _known = (known, pods);
        _again.Writer.TryWrite(true);
    }

    /// <summary>One pass, now. Null: nothing is known, or the kernel failed and the log says how.</summary>
    public VlanWord? Pass()
    {
        lock (_turn)
        {
            if (_known is not { } known) return null;
            // The mark first, then the look: what changes in between is looked at again.
            if (_tableChanged) _common.ForgetTable();
            _tableChanged = false;
            try
            {
                return Last = _pass.Run(known.Known, known.Pods);
            }
            catch (Exception fault) when (fault is IOException or System.Text.Json.JsonException or System.Net.Sockets.SocketException or UnauthorizedAccessException)
            {
                _tableChanged = true;
                LogFault(fault.Message);
                return null;
            }
        }
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        var options = new MonitorOptions(port => port == _kernel.Port || port == _common.Port) { Kinds = Watched };
        using var monitor = _space is null ? KernelMonitor.Open(options) : KernelMonitor.Open(_space, options);
        using var tables = NftMonitor.Open(_space, [FabricTerms.NftTable]);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] parts = [PassesAsync(ended.Token), WatchAsync(monitor, ended.Token), WatchAsync(tables, ended.Token), WatchProxiesAsync(ended.Token)];
        // None of them ends by itself: the first that does has failed, or was told to stop.
        var first = await Task.WhenAny(parts).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    public void Dispose()
    {
        _kernel.Dispose();
        _common.Dispose();
    }

    private async Task PassesAsync(CancellationToken cancel)
    {
        // Off the caller's thread: a pass waits for the kernel's answers.
        await Task.Yield();
        while (true)
        {
            var word = Pass();
            await Task.Delay(Rest, _clock, cancel).ConfigureAwait(false);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var period = Task.Delay(word is { Troubles.IsEmpty: true } ? Resync : AfterTrouble, _clock, limit.Token);
            var signal = _again.Reader.ReadAsync(limit.Token).AsTask();
            await Task.WhenAny(period, signal).ConfigureAwait(false);
            await limit.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(period, signal).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancel.ThrowIfCancellationRequested();
            // The period's end is a reason to look at everything.
            if (!signal.IsCompletedSuccessfully) _tableChanged = true;
        }
    }

    private async Task WatchAsync(KernelMonitor monitor, CancellationToken cancel)
    {
        while (true)
        {
            var seen = await monitor.NextAsync(cancel).ConfigureAwait(false);
            if (seen.Others != KernelKinds.None || seen.IsOverflow) _again.Writer.TryWrite(true);
        }
    }

    private async Task WatchAsync(NftMonitor tables, CancellationToken cancel)
    {
        while (true)
        {
            await tables.NextAsync(cancel).ConfigureAwait(false);
            _tableChanged = true;
            _again.Writer.TryWrite(true);
        }
    }

    private async Task WatchProxiesAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(ProxyLook, _clock);
        while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false))
        {
            if (_pass.Wanted is { } wanted && !_kernel.HasProxies(wanted.Proxies)) _again.Writer.TryWrite(true);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "pass over VLANs failed: {Message}")]
    private partial void LogFault(string message);
}
