using System.Collections.Immutable;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Addressing;
using Romana.Node.Linux;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Packets;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Agent;

/// <summary>
/// Tells a VLAN where an address is that came up on this host: a gateway that remembers another place for it would send
/// there until it asks again, which may take a minute. What was said is not written down: an agent that starts says all of
/// it again, so nothing is lost to a kill between the answer for an address and its announcement.
/// </summary>
internal sealed partial class Announcer(NetworkNamespace? space, TimeProvider clock, ILogger log) : IDisposable
{
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _turn = new();
    private readonly AnnouncementTurns _turns = new();
    private readonly long _origin = clock.GetTimestamp();
    private KernelNetwork? _kernel;
    private FrameSender? _sender;
    private string _said = "";

    /// <summary>After each pass over the kernel.</summary>
    /// <param name="facts">What it followed from.</param>
    /// <param name="made">A proxy entry that had to be made was not answered for.</param>
    public void Learn(VlanFacts facts, ImmutableArray<KernelChange> made)
    {
        var again = made.OfType<KernelChange.AddProxy>().Select(change => (change.Proxy.Interface, change.Proxy.Address)).ToHashSet();
        lock (_turn) _turns.Learn(VlanAnnouncement.Of(facts), again, Now);
        _news.Writer.TryWrite(true);
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            await NewsAsync(cancel).ConfigureAwait(false);
            ImmutableArray<VlanAnnouncement> due;
            lock (_turn) due = _turns.Next(Now);
            if (due.IsEmpty) continue;
            Say(due);
            await Task.Delay(AnnouncementTurns.Rest, clock, cancel).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _kernel?.Dispose();
        _sender?.Dispose();
    }

    private TimeSpan Now => clock.GetElapsedTime(_origin);

    /// <summary>Until there is something new, or a turn is due.</summary>
    private async Task NewsAsync(CancellationToken cancel)
    {
        TimeSpan? due;
        lock (_turn) due = _turns.NextDue;
        if (due <= Now) return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var turn = Task.Delay(due - Now ?? Timeout.InfiniteTimeSpan, clock, limit.Token);
        var news = _news.Reader.ReadAsync(limit.Token).AsTask();
        await Task.WhenAny(turn, news).ConfigureAwait(false);
        await limit.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(turn, news).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
    }

    private void Say(ImmutableArray<VlanAnnouncement> due)
    {
        foreach (var uplink in due.GroupBy(announcement => announcement.Uplink))
        {
            if (Why(uplink.Key, uplink) is not { } refusal) continue;
            // Told when it comes, not at every turn.
            if (refusal != _said) LogRefused(refusal);
            _said = refusal;
        }
    }

    /// <summary>Null: all said. A link that is gone or down is not tried again: with its return everything is announced anew.</summary>
    private string? Why(int uplink, IEnumerable<VlanAnnouncement> due)
    {
        try
        {
            _kernel ??= space is null ? KernelNetwork.Open() : KernelNetwork.Open(space);
            _sender ??= FrameSender.Open(space);
            // Asked now: what it was at the pass may have changed.
            if (_kernel.Interfaces.Get(uplink)?.Mac is not { } mac) return $"interface {uplink} has no MAC address to announce";
            foreach (var announcement in due)
            {
                if (_sender.Send(uplink, Frame(mac, announcement)) is { } refusal) return refusal;
                LogAnnounced(announcement.Address, mac, uplink);
            }

            return null;
        }
        catch (Exception fault) when (fault is IOException or SocketException)
        {
            return fault.Message;
        }
    }

    private static byte[] Frame(MacAddress mac, VlanAnnouncement announcement) => announcement.Address.Family == IpFamily.IPv4
        ? ArpAnnouncement.Frame(mac, announcement.Address)
        : NeighbourAdvertisement.Frame(mac, announcement.Address, announcement.Sender);

    [LoggerMessage(Level = LogLevel.Debug, Message = "announced {Address} at {Mac} by interface {Uplink}")]
    private partial void LogAnnounced(IpAddress address, MacAddress mac, int uplink);

    [LoggerMessage(Level = LogLevel.Warning, Message = "addresses on VLANs are not announced, and gateways find them when they ask again: {Refusal}")]
    private partial void LogRefused(string refusal);
}
