using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Addressing;
using Romana.Node.Linux;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Nftables;
using Romana.Node.Linux.Wiring;
using Romana.Node.Planning;

namespace Romana.Node.Agent;

/// <summary>
/// Keeps the kernel as it shall be: a pass at each notification, at new knowledge, when a pod's link asks for it, and on a slow
/// period whatever events said. A notification means "look again", and many of them one look.
/// </summary>
internal sealed partial class KernelLoop : IDisposable
{
    public static readonly TimeSpan Resync = TimeSpan.FromSeconds(60), Rest = TimeSpan.FromMilliseconds(20), AfterTrouble = TimeSpan.FromSeconds(2),
        MendRest = TimeSpan.FromMilliseconds(100), RestAfterNoise = TimeSpan.FromMilliseconds(60), ProxyLook = TimeSpan.FromMilliseconds(50);

    private static readonly KernelKinds Watched = KernelKinds.Interfaces | KernelKinds.Addresses | KernelKinds.Routes | KernelKinds.Rules;

    // iptables of the nft kind lives in tables of this name.
    private const string FilterTable = "filter";

    private readonly NetworkNamespace? _space;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly KernelFabric _kernel;
    private readonly KernelPass _pass;
    private readonly Announcer _announcer;
    private readonly Channel<bool> _again = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Channel<bool> _urgent = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _turn = new();
    private long _mends;
    private long? _mended;
    private bool _mendFailed;
    private readonly Dictionary<string, PodFact> _pods = new(StringComparer.Ordinal);
    private readonly Lock _asking = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<TaskCompletionSource<KernelWord>> _asked = [];
    private KernelKnowledge? _known;
    private volatile bool _tableChanged = true, _forwardChanged = true, _linksChanged = true;

    /// <param name="space">Null is the calling thread's namespace.</param>
    public KernelLoop(NetworkNamespace? space, TimeProvider clock, ILogger log)
    {
        (_space, _clock, _log) = (space, clock, log);
        _kernel = new KernelFabric(space);
        _pass = new KernelPass(_kernel, log);
        _announcer = new Announcer(space, clock, log);
    }

    /// <summary>Requests for a change so far.</summary>
    public long Writes => _kernel.Writes + Interlocked.Read(ref _mends);

    /// <summary>Done with the first pass that came through.</summary>
    public Task FirstLook => _first.Task;

    /// <summary>The newest pass; null before the first.</summary>
    public KernelWord? Last { get; private set; }

    /// <summary>Passes that ended, each with a look at pods' links if there was a reason for one.</summary>
    public long Looks { get; private set; }

    /// <summary>From a pass over the store; null leaves the kernel as it is.</summary>
    public void Learn(KernelKnowledge? known)
    {
        Volatile.Write(ref _known, known);
        // Where pods' links shall lead may follow from it.
        _linksChanged = true;
        _again.Writer.TryWrite(true);
    }

    /// <summary>
    /// Before the first pass, which closes to every other: this one stands. It was admitted when it was made, so nothing is
    /// written, and the first pass puts in what is lacking.
    /// </summary>
    public void Expect(PodFact pod)
    {
        lock (_turn) _pods[pod.Interface] = pod;
    }

    /// <summary>Before a pod's first packet: its interface may send with these sources alone.</summary>
    /// <exception cref="IOException"/>
    public void Admit(PodFact pod)
    {
        lock (_turn)
        {
            _pods[pod.Interface] = pod;
            _pass.Admit(_known, pod);
            // Its own writes wake nobody, and the gateway is told of it after a pass.
            if (_known is { Vlans.Networks.IsEmpty: false }) _again.Writer.TryWrite(true);
        }
    }

    /// <summary>What was not admitted is no fault.</summary>
    /// <exception cref="IOException"/>
    public void Dismiss(string @interface)
    {
        lock (_turn)
        {
            if (_pods.Remove(@interface, out var pod)) _pass.Dismiss(_known, pod);
        }
    }

    /// <summary>The word of a pass that began after this call.</summary>
    public Task<KernelWord> SettleAsync(CancellationToken cancel)
    {
        var asked = new TaskCompletionSource<KernelWord>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_asking) _asked.Add(asked);
        _again.Writer.TryWrite(true);
        _urgent.Writer.TryWrite(true);
        return asked.Task.WaitAsync(cancel);
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        var options = new MonitorOptions(port => port == _kernel.Port) { Kinds = Watched };
        using var monitor = _space is null ? KernelMonitor.Open(options) : KernelMonitor.Open(_space, options);
        using var tables = NftMonitor.Open(_space, [FabricTerms.NftTable, FilterTable], _kernel.IsOwn);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] parts = [PassesAsync(ended.Token), WatchAsync(monitor, ended.Token), WatchAsync(tables, ended.Token), WatchProxiesAsync(ended.Token), _announcer.RunAsync(ended.Token)];
        // None of them ends by itself: the first that does has failed, or was told to stop.
        var first = await Task.WhenAny(parts).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    /// <summary>Puts back what of pods' links is missing; how many writes it took. Asked when interfaces or routes changed.</summary>
    public Func<CancellationToken, Task<int>> Mend { get; init; } = _ => Task.FromResult(0);

    /// <summary>Null: a pod with these addresses can be let in.</summary>
    public string? WhyNot(IEnumerable<IpAddress> addresses) => Volatile.Read(ref _known) is not { } known ? "what this host's networks are was not read from the store yet"
        : PodPlaces.WhyNot(known.Vlans, _pass.Vlans, Last?.Refusals ?? [], addresses);

    /// <inheritdoc cref="KernelPass.WayOf"/>
    public PodWay WayOf(IpAddress address) => _pass.WayOf(Volatile.Read(ref _known), address);

    public void Dispose()
    {
        _announcer.Dispose();
        _kernel.Dispose();
    }

    private async Task PassesAsync(CancellationToken cancel)
    {
        while (true)
        {
            var word = Pass();
            await MendAsync(cancel).ConfigureAwait(false);
            if (word is not null) Looks++;
            // A rest gathers what comes in a burst, and is far below what healing may take; whoever asks does not wait for it.
            // Where there was nothing to do, most likely pods come and go, and it can be longer.
            await WaitAsync(_urgent, word is { IsSettled: true } ? RestAfterNoise : Rest, cancel).ConfigureAwait(false);
            if (await WaitAsync(_again, _linksChanged ? MendRest : word is { Faults.IsEmpty: true } && !_mendFailed ? Resync : AfterTrouble, cancel).ConfigureAwait(false)) continue;
            if (_linksChanged) continue;
            // The period's end is a reason to look at everything.
            (_tableChanged, _forwardChanged, _linksChanged) = (true, true, true);
        }
    }

    private async Task MendAsync(CancellationToken cancel)
    {
        // Looking at every pod's link is the dearer half: in a burst of pods it is done now and then.
        if (!_linksChanged || _mended is { } last && _clock.GetElapsedTime(last) < MendRest) return;
        (_linksChanged, _mended, _mendFailed) = (false, _clock.GetTimestamp(), false);
        try
        {
            if (await Mend(cancel).ConfigureAwait(false) is not (> 0 and var writes)) return;
            Interlocked.Add(ref _mends, writes);
            LogMended(writes);
        }
        catch (Cni.WiringException fault)
        {
            _mendFailed = true;
            LogFault(fault.Message);
        }
    }

    private KernelWord? Pass()
    {
        List<TaskCompletionSource<KernelWord>> asked;
        lock (_asking) (asked, _asked) = (_asked, []);
        if (Volatile.Read(ref _known) is not { } known)
        {
            // Whoever asks before anything is known waits for the pass that knows.
            lock (_asking) _asked.AddRange(asked);
            return null;
        }

        try
        {
            lock (_turn)
            {
                ForgetWhatChanged();
                Last = _pass.Run(known, [.. _pods.Values]);
                if (_pass.Vlans is { } vlans) _announcer.Learn(vlans, Last.Made);
            }

            _first.TrySetResult();
            foreach (var waiting in asked) waiting.TrySetResult(Last);
            return Last;
        }
        catch (Exception fault) when (fault is IOException or System.Text.Json.JsonException or System.Net.Sockets.SocketException or UnauthorizedAccessException)
        {
            (_tableChanged, _forwardChanged) = (true, true);
            LogFault(fault.Message);
            foreach (var waiting in asked) waiting.TrySetException(fault);
            return null;
        }
    }

    /// <summary>Marks first, then the look: what changes in between is looked at again.</summary>
    private void ForgetWhatChanged()
    {
        if (_tableChanged)
        {
            _tableChanged = false;
            _kernel.ForgetTable();
        }

        if (!_forwardChanged) return;
        _forwardChanged = false;
        _kernel.ForgetForward();
    }

    /// <summary>False: the time was over before there was a signal.</summary>
    private async Task<bool> WaitAsync(Channel<bool> signals, TimeSpan most, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var period = Task.Delay(most, _clock, limit.Token);
        var signal = signals.Reader.ReadAsync(limit.Token).AsTask();
        await Task.WhenAny(period, signal).ConfigureAwait(false);
        await limit.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(period, signal).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
        return signal.IsCompletedSuccessfully;
    }

    private async Task WatchAsync(KernelMonitor monitor, CancellationToken cancel)
    {
        while (true)
        {
            var seen = await monitor.NextAsync(cancel).ConfigureAwait(false);
            if ((seen.Others & (KernelKinds.Interfaces | KernelKinds.Routes)) != 0) _linksChanged = true;
            if (seen.Others != KernelKinds.None || seen.IsOverflow) _again.Writer.TryWrite(true);
        }
    }

    private async Task WatchAsync(NftMonitor tables, CancellationToken cancel)
    {
        while (true)
        {
            var seen = await tables.NextAsync(cancel).ConfigureAwait(false);
            if (seen.Contains(FabricTerms.NftTable)) _tableChanged = true;
            if (seen.Contains(FilterTable)) _forwardChanged = true;
            _again.Writer.TryWrite(true);
        }
    }

    /// <summary>The kernel tells nobody of a proxy entry that goes, so they alone are looked at all the time.</summary>
    private async Task WatchProxiesAsync(CancellationToken cancel)
    {
        while (true)
        {
            var wanted = _pass.Proxies;
            await Task.Delay(wanted.IsEmpty ? TimeSpan.FromSeconds(1) : ProxyLook, _clock, cancel).ConfigureAwait(false);
            if (!_kernel.Vlans.HasProxies(wanted)) _again.Writer.TryWrite(true);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "pods' links: {Writes} things put back")]
    private partial void LogMended(int writes);

    [LoggerMessage(Level = LogLevel.Error, Message = "kernel pass failed: {Message}")]
    private partial void LogFault(string message);
}
