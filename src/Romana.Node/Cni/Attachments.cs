using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Stores;
using Romana.Node.Agent;

namespace Romana.Node.Cni;

/// <summary>
/// ADD, DEL, CHECK, GC and STATUS over the address book and the pods' links. An address is in the journal before its
/// link is made, and its link is gone before the address is given back: whatever is killed in between, nobody else gets
/// an address that a pod may have.
/// </summary>
internal sealed partial class Attachments(
    PodAddresses addresses, IPodWiring wiring, Readiness readiness, PendingDeletes pending, ILogger<Attachments> log)
{
    /// <summary>The same next hop for every pod, on no interface of the network.</summary>
    public static readonly IpAddress Gateway4 = IpAddress.Parse("169.254.1.1");
    public static readonly IpAddress Gateway6 = IpAddress.Parse("fe80::1");

    private readonly KeyedTurns<AttachmentKey> _turns = new();

    /// <summary>Told of each request; what it gives back is told the answer's code, 0 for one that was done.</summary>
    public Func<CniCommand, Action<int>> Begun { get; init; } = _ => _ => { };

    /// <inheritdoc cref="DoAsync"/>
    public async Task<CniAnswer> AnswerAsync(CniRequest request, CancellationToken cancel)
    {
        var ended = Begun(request.Command);
        var answer = await DoAsync(request, cancel).ConfigureAwait(false);
        ended(answer.Code);
        return answer;
    }

    /// <summary>Removes the attachment if the condition still holds in its turn. False: it did not, or there is no such one.</summary>
    /// <exception cref="JournalUnavailableException"/>
    /// <exception cref="WiringException"/>
    public async Task<bool> RemoveIfAsync(AttachmentKey key, Func<bool> condition, CancellationToken cancel)
    {
        using var turn = await _turns.TakeAsync(key, cancel).ConfigureAwait(false);
        if (addresses.Of(key).IsEmpty || !condition()) return false;
        await RemoveAsync(key, cancel).ConfigureAwait(false);
        return true;
    }

    /// <summary>Never throws: what goes wrong is an answer in the version asked for.</summary>
    private async Task<CniAnswer> DoAsync(CniRequest request, CancellationToken cancel)
    {
        var version = request.Configuration.Version;
        try
        {
            return request.Command switch
            {
                CniCommand.Add => CniAnswer.Of(await AddAsync(request, cancel).ConfigureAwait(false), version),
                CniCommand.Del => await DelAsync(request.Key, cancel).ConfigureAwait(false),
                CniCommand.Check => await CheckAsync(request, cancel).ConfigureAwait(false),
                CniCommand.Gc => await GcAsync(request.Configuration, cancel).ConfigureAwait(false),
                CniCommand.Status => Status(version),
                _ => throw new InvalidOperationException($"there is no command {request.Command}"),
            };
        }
        catch (CniException fault)
        {
            LogRefused(request.Command, request.Key, fault.Code, fault.Message, fault.Details);
            return CniAnswer.Of(fault, version);
        }
        catch (Exception fault) when (fault is JournalUnavailableException or WiringException)
        {
            LogRefused(request.Command, request.Key, CniCode.TryAgainLater, fault.GetType().Name, fault.Message);
            return CniAnswer.Of(new CniException(CniCode.TryAgainLater, "the node cannot do it now", fault.Message), version);
        }
    }

    private async Task<CniResult> AddAsync(CniRequest request, CancellationToken cancel)
    {
        OpenOrLater();
        if (request.NetworkNamespace.Length == 0)
            throw new CniException(CniCode.InvalidEnvironment, "CNI_NETNS is missing", "CNI_NETNS: the path of the pod's network namespace");
        using var turn = await _turns.TakeAsync(request.Key, cancel).ConfigureAwait(false);
        if (pending.Has(request.Key)) await FinishAsync(request.Key, cancel).ConfigureAwait(false);
        var had = !addresses.Of(request.Key).IsEmpty;
        var rows = Take(request);
        var link = new PodLink(request.Key, request.NetworkNamespace, [.. rows.Select(row => row.Address)], readiness.Mtu);
        try
        {
            var wired = await wiring.PlugAsync(link, cancel).ConfigureAwait(false);
            LogAdded(request.Key, link.Addresses);
            return Result(request, link, wired);
        }
        catch when (!had)
        {
            addresses.Detach(request.Key);
            throw;
        }
    }

    private ImmutableArray<JournalAttachment> Take(CniRequest request)
    {
        var outcome = addresses.Attach(new AddressRequest
        {
            Key = request.Key,
            Tenant = request.Arguments.Namespace,
            Segment = null,
            Families = readiness.FamiliesFor(request.Arguments.Namespace),
        });
        if (outcome is AddressOutcome.Refused refused)
            throw new CniException(CniCode.TryAgainLater, $"no address: {refused.Reason}", refused.Message);
        var attached = (AddressOutcome.Attached)outcome;
        foreach (var early in attached.EarlyReuse) LogEarly(early, request.Key);
        return attached.Rows;
    }

    private async Task<CniAnswer> DelAsync(AttachmentKey key, CancellationToken cancel)
    {
        OpenOrLater();
        using var turn = await _turns.TakeAsync(key, cancel).ConfigureAwait(false);
        await RemoveAsync(key, cancel).ConfigureAwait(false);
        return CniAnswer.Empty;
    }

    /// <summary>Does what was kept while this agent did not answer; what cannot be done now stays for the next time.</summary>
    public async Task FinishPendingAsync(CancellationToken cancel)
    {
        foreach (var (key, _) in pending.All())
        {
            try
            {
                using var turn = await _turns.TakeAsync(key, cancel).ConfigureAwait(false);

                // An ADD of this key may have done it while we waited for our turn.
                if (pending.Has(key)) await FinishAsync(key, cancel).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is JournalUnavailableException or WiringException)
            {
                LogRefused(CniCommand.Del, key, CniCode.TryAgainLater, fault.GetType().Name, fault.Message);
            }
        }
    }

    private async Task FinishAsync(AttachmentKey key, CancellationToken cancel)
    {
        await RemoveAsync(key, cancel).ConfigureAwait(false);
        pending.Remove(key);
    }

    private async Task RemoveAsync(AttachmentKey key, CancellationToken cancel)
    {
        var rows = addresses.Of(key);
        await wiring.UnplugAsync(key, [.. rows.Select(row => row.Address)], cancel).ConfigureAwait(false);
        if (rows.IsEmpty) return;
        addresses.Detach(key);
        LogDeleted(key, rows.Length);
    }

    private async Task<CniAnswer> CheckAsync(CniRequest request, CancellationToken cancel)
    {
        OpenOrLater();
        using var turn = await _turns.TakeAsync(request.Key, cancel).ConfigureAwait(false);
        var rows = addresses.Of(request.Key);
        if (rows.IsEmpty) throw new CniException(CniCode.UnknownContainer, "no such attachment", $"{request.Key} was not added on this host, or was deleted since");
        var link = new PodLink(request.Key, request.NetworkNamespace, [.. rows.Select(row => row.Address)], readiness.Mtu);
        var ours = link.Addresses.Select(address => Cidr.Of(address).ToString()).ToHashSet(StringComparer.Ordinal);
        var before = request.Configuration.PreviousAddresses;
        if (!before.IsEmpty && ours.Except(before, StringComparer.Ordinal).FirstOrDefault() is { } lacking)
            throw new CniException(CniCode.Differs, "prevResult is of another attachment", $"{request.Key} has {lacking}, which prevResult does not show");
        if (await wiring.CheckAsync(link, cancel).ConfigureAwait(false) is { } wrong)
            throw new CniException(CniCode.Differs, "the pod's network is not as ADD left it", $"{request.Key}: {wrong}: delete the pod, so that it is made anew");
        return CniAnswer.Empty;
    }

    /// <summary>Every stale attachment is tried; what failed is said together.</summary>
    private async Task<CniAnswer> GcAsync(CniConfiguration configuration, CancellationToken cancel)
    {
        OpenOrLater();
        if (configuration.Valid is not { } valid)
            throw new CniException(CniCode.InvalidConfiguration, "'cni.dev/valid-attachments' is missing", "without it nothing is known to be stale, and nothing is removed");
        var wrong = new List<string>();
        foreach (var key in addresses.All().Select(row => row.Key).Distinct().Where(key => !valid.Contains(key)).ToList())
        {
            try
            {
                using var turn = await _turns.TakeAsync(key, cancel).ConfigureAwait(false);
                await RemoveAsync(key, cancel).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is JournalUnavailableException or WiringException)
            {
                wrong.Add($"{key}: {fault.Message}");
            }
        }

        return wrong.Count == 0 ? CniAnswer.Empty : throw new CniException(CniCode.TryAgainLater, "some attachments could not be removed", string.Join("; ", wrong));
    }

    private CniAnswer Status(string version) => readiness.WhyNot(addresses.IsOpen) is { } why
        ? throw new CniException(CniCode.NotAvailable, "this host cannot serve pods", why)
        : CniAnswer.OfStatus([.. readiness.Refused.Select(refusal => refusal.Message)], version);

    private void OpenOrLater()
    {
        if (!addresses.IsOpen) throw new CniException(CniCode.TryAgainLater, "the agent is starting", "the journal is not compared with the kernel yet");
    }

    private static CniResult Result(CniRequest request, PodLink link, WiredPod wired) => new()
    {
        Interfaces =
        [
            new ResultInterface(wired.HostInterface, wired.HostMac, "", link.Mtu),
            new ResultInterface(request.Key.Interface, wired.PodMac, link.NetworkNamespace, link.Mtu),
        ],
        Addresses = [.. link.Addresses.Select(address => new ResultAddress(address, GatewayOf(address.Family), 1))],
        Routes = [.. link.Addresses.Select(address => new ResultRoute(
            Cidr.Parse(address.Family == IpFamily.IPv4 ? "0.0.0.0/0" : "::/0"), GatewayOf(address.Family), link.Mtu))],
        Dns = request.Configuration.Dns,
    };

    private static IpAddress GatewayOf(IpFamily family) => family == IpFamily.IPv4 ? Gateway4 : Gateway6;

    [LoggerMessage(Level = LogLevel.Information, Message = "added {Key}: {Addresses}")]
    private partial void LogAdded(AttachmentKey key, ImmutableArray<IpAddress> addresses);

    [LoggerMessage(Level = LogLevel.Information, Message = "deleted {Key}: {Count} addresses given back")]
    private partial void LogDeleted(AttachmentKey key, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Address} is handed out again before its reuse delay, to {Key}: nothing else was to be had")]
    private partial void LogEarly(IpAddress address, AttachmentKey key);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Command} {Key}: code {Code}: {What}: {Why}")]
    private partial void LogRefused(CniCommand command, AttachmentKey key, int code, string what, string why);
}
