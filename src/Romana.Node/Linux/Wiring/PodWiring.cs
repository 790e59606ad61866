using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Node.Cni;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Linux.Wiring;

/// <summary>
/// Pods' links in the kernel (docs/decisions/0029-pods-links.md). What stands is known from the kernel alone: names come
/// from the attachment's key, and the key is on the interface. A call works on a thread of ours, since the kernel's answers are
/// waited for.
/// </summary>
internal sealed partial class PodWiring : IPodWiring, IAsyncDisposable
{
    // One more than works with a lock of the kernel's at a time.
    private const int Threads = 2;

    private readonly WiringThreads _threads;
    private readonly LinkTerms _terms;
    private readonly Departures _departures;
    private readonly ILogger _log;

    private PodWiring(NetworkNamespace home, LinkTerms terms, TimeProvider clock, ILogger log)
    {
        _threads = new WiringThreads(home, Threads);
        _terms = terms;
        _departures = new Departures(KernelNetwork.Open(home), clock, log);
        _log = log;
    }

    /// <summary>
    /// Removes what a killed process had half made or half removed. The kernel is told nothing else: forwarding at large,
    /// rules and nftables are the agent's.
    /// </summary>
    /// <param name="space">The host's namespace; null is this process's own.</param>
    /// <exception cref="IOException">It takes root, or CAP_NET_ADMIN and CAP_SYS_ADMIN.</exception>
    public static PodWiring Open(NetworkNamespace? space, LinkTerms terms, ILogger log, TimeProvider? clock = null)
    {
        var wiring = new PodWiring(space?.Duplicate() ?? NetworkNamespace.Current(), terms, clock ?? TimeProvider.System, log);
        using var kernel = KernelNetwork.Open(wiring._threads.Home);
        foreach (var remains in kernel.Interfaces.List().Where(LinkPlan.IsRemains)) Departures.Mark(kernel, remains.Index);
        wiring._departures.SweepNow();
        return wiring;
    }

    public async Task<WiredPod> PlugAsync(PodLink link, CancellationToken cancel)
    {
        var plan = new LinkPlan(link.Key, link.Addresses);
        await _departures.WaitAsync(plan.HostInterface).WaitAsync(cancel).ConfigureAwait(false);
        return await _threads.RunAsync(thread => Plug(thread, link, plan), cancel).ConfigureAwait(false);
    }

    public Task UnplugAsync(AttachmentKey key, ImmutableArray<IpAddress> addresses, CancellationToken cancel) =>
        _threads.RunAsync(thread => Unplug(thread, new LinkPlan(key, addresses)), cancel);

    public Task<string?> CheckAsync(PodLink link, CancellationToken cancel) => _threads.RunAsync(thread => Check(thread, link, mtu: null), cancel);

    public Task<ImmutableArray<SeenAttachment>> LookAsync(CancellationToken cancel) => _threads.RunAsync<ImmutableArray<SeenAttachment>>(
        thread => [.. Standing(thread).SelectMany(link => link.Plan.Addresses.Select(address => new SeenAttachment(link.Plan.Key, address)))], cancel);

    /// <summary>
    /// Puts back what of the standing links' host side was taken away: routes, neighbours, settings. How many writes it
    /// took; none when nothing is missing.
    /// </summary>
    /// <exception cref="WiringException"/>
    public Task<int> MendAsync(CancellationToken cancel) => _threads.RunAsync(
        thread =>
        {
            var standing = Standing(thread).ToList();
            var routes = thread.Kernel.Routes.List(new RouteFilter { Protocol = RouteProtocols.Romana });
            var neighbours = thread.Kernel.Neighbours.List();
            var host = HostOf(thread);
            return standing.Sum(link => host.Mend(link.Found, link.Plan, routes, neighbours));
        },
        cancel);

    public async ValueTask DisposeAsync()
    {
        await _departures.DisposeAsync().ConfigureAwait(false);
        _threads.Dispose();
    }

    private WiredPod Plug(WiringThread thread, PodLink link, LinkPlan plan)
    {
        using var pod = PodEnd.Open(link.NetworkNamespace, thread.Home, plan, Step);
        var host = HostOf(thread);
        if (host.Find(plan) is { } standing)
        {
            HostEnd.RequireOurs(standing, plan);
            if (Fault(host, plan, standing, pod, link.Mtu) is not { } fault) return plan.Wired;

            // Half a link of an ADD that was killed, or of a pod that went without a DEL.
            LogAnew(plan.Key, fault);
            Withdraw(thread, plan, standing);
        }

        Make(thread, link, plan, pod);
        return plan.Wired;
    }

    private void Make(WiringThread thread, PodLink link, LinkPlan plan, PodEnd pod)
    {
        var host = HostOf(thread);
        Step(plan, "its address");
        using var undo = new Undo();
        var made = thread.Kernel.Interfaces.AddVeth(plan.Veth(pod.Handle, link.Mtu));
        made.OrThrow();
        if (made.Kind != OutcomeKind.Created)
            throw new WiringException($"the pod has an interface {plan.Key.Interface} that is not ours: another plugin made it, or a DEL is missing");
        undo.Add(() =>
        {
            if (host.Find(plan) is { } found) Withdraw(thread, plan, found);
            host.Dismiss(plan);
        });
        Step(plan, "made");
        var near = host.Find(plan) ?? throw new WiringException($"{plan.HostInterface} went while it was made: the pod is gone");
        host.Prepare(plan, near);
        pod.Furnish(link.Mtu);
        host.Lead(plan, near.Index);
        pod.RequireStanding();
        undo.Keep();
        Step(plan, "whole");
    }

    private void Withdraw(WiringThread thread, LinkPlan plan, Interface found)
    {
        HostOf(thread).StopLeading(plan, found.Index);
        thread.Kernel.Interfaces.Remove(found.Index);
    }

    private bool Unplug(WiringThread thread, LinkPlan plan)
    {
        var host = HostOf(thread);
        if (host.Find(plan) is not { } found || !HostEnd.IsOf(found, plan))
        {
            host.Dismiss(plan);
            return false;
        }

        // Marked first, so that nobody mends what is taken down. Gone meanwhile with its pod is as good.
        var isThere = !Departures.Mark(thread.Kernel, found.Index).IsRefused;
        Step(plan, "leaving");
        if (isThere) host.StopLeading(plan, found.Index);
        host.Dismiss(LinkPlan.Of(found) ?? plan);
        Step(plan, "dismissed");
        if (isThere) _departures.Go(plan.HostInterface);
        return isThere;
    }

    private string? Check(WiringThread thread, PodLink link, int? mtu)
    {
        var host = HostOf(thread);
        var plan = new LinkPlan(link.Key, link.Addresses);
        if (host.Find(plan) is not { } found || !HostEnd.IsOf(found, plan)) return $"{plan.HostInterface} is gone from the host";
        using var pod = PodEnd.Open(link.NetworkNamespace, thread.Home, plan, Step);
        return Fault(host, plan, found, pod, mtu);
    }

    private static string? Fault(HostEnd host, LinkPlan plan, Interface found, PodEnd pod, int? mtu) =>
        found.Group == Departures.Group ? $"{found.Name} is on its way out" : host.Fault(plan, found) ?? pod.Fault(found, mtu);

    private static IEnumerable<(Interface Found, LinkPlan Plan)> Standing(WiringThread thread) =>
        from found in thread.Kernel.Interfaces.List()
        where found.Group != Departures.Group
        let plan = LinkPlan.Of(found)
        where plan is not null
        select (found, plan);

    private HostEnd HostOf(WiringThread thread) => new(thread, _terms, Step);

    private void Step(LinkPlan plan, object done) => LogStep(plan.Key, done);

    [LoggerMessage(Level = LogLevel.Trace, Message = "{Key}: {Done}")]
    private partial void LogStep(AttachmentKey key, object done);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Key}: its link is made anew: {Why}")]
    private partial void LogAnew(AttachmentKey key, string why);
}
