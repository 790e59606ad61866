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
/// from the attachment's key, and the key is on the interface. A call works on a thread of its own, since the kernel's
/// answers are waited for.
/// </summary>
internal sealed partial class PodWiring : IPodWiring, IAsyncDisposable
{
    private readonly KernelNetwork _kernel;
    private readonly HostEnd _host;
    private readonly Departures _departures;
    private readonly ILogger _log;

    private PodWiring(KernelNetwork kernel, KernelNetwork removals, NetworkNamespace? space, LinkTerms terms, TimeProvider clock, ILogger log)
    {
        _kernel = kernel;
        _host = new HostEnd(kernel, space, terms, Step);
        _departures = new Departures(kernel, removals, clock, log);
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
        var kernel = OpenKernel(space);
        var wiring = new PodWiring(kernel, OpenKernel(space), space, terms, clock ?? TimeProvider.System, log);
        foreach (var remains in kernel.Interfaces.List().Where(LinkPlan.IsRemains)) wiring._departures.Mark(remains.Index);
        wiring._departures.SweepNow();
        return wiring;
    }

    public async Task<WiredPod> PlugAsync(PodLink link, CancellationToken cancel)
    {
        var plan = new LinkPlan(link.Key, link.Addresses);
        await _departures.WaitAsync(plan.HostInterface).WaitAsync(cancel).ConfigureAwait(false);
        return await RunAsync(() => Plug(link, plan), cancel).ConfigureAwait(false);
    }

    public Task UnplugAsync(AttachmentKey key, ImmutableArray<IpAddress> addresses, CancellationToken cancel) =>
        RunAsync(() => Unplug(new LinkPlan(key, addresses)), cancel);

    public Task<string?> CheckAsync(PodLink link, CancellationToken cancel) => RunAsync(() => Check(link, mtu: null), cancel);

    public Task<ImmutableArray<SeenAttachment>> LookAsync(CancellationToken cancel) => RunAsync<ImmutableArray<SeenAttachment>>(
        () => [.. Standing().SelectMany(link => link.Plan.Addresses.Select(address => new SeenAttachment(link.Plan.Key, address)))], cancel);

    /// <summary>
    /// Puts back what of the standing links' host side was taken away: routes, neighbours, settings. How many writes it
    /// took; none when nothing is missing.
    /// </summary>
    /// <exception cref="WiringException"/>
    public Task<int> MendAsync(CancellationToken cancel) => RunAsync(
        () =>
        {
            var standing = Standing().ToList();
            var routes = _kernel.Routes.List(new RouteFilter { Protocol = RouteProtocols.Romana });
            var neighbours = _kernel.Neighbours.List();
            return standing.Sum(link => _host.Mend(link.Found, link.Plan, routes, neighbours));
        },
        cancel);

    public async ValueTask DisposeAsync()
    {
        await _departures.DisposeAsync().ConfigureAwait(false);
        _kernel.Dispose();
    }

    private WiredPod Plug(PodLink link, LinkPlan plan)
    {
        using var pod = PodEnd.Open(link.NetworkNamespace, plan, Step);
        if (_host.Find(plan) is { } standing)
        {
            HostEnd.RequireOurs(standing, plan);
            if (Fault(plan, standing, pod, link.Mtu) is not { } fault) return plan.Wired;

            // Half a link of an ADD that was killed, or of a pod that went without a DEL.
            LogAnew(plan.Key, fault);
            Withdraw(plan, standing);
        }

        Make(link, plan, pod);
        return plan.Wired;
    }

    private void Make(PodLink link, LinkPlan plan, PodEnd pod)
    {
        Step(plan, "its address");
        using var undo = new Undo();
        var made = _kernel.Interfaces.AddVeth(plan.Veth(pod.Handle, link.Mtu));
        made.OrThrow();
        if (made.Kind != OutcomeKind.Created)
            throw new WiringException($"the pod has an interface {plan.Key.Interface} that is not ours: another plugin made it, or a DEL is missing");
        undo.Add(() =>
        {
            if (_host.Find(plan) is { } found) Withdraw(plan, found);
            _host.Dismiss(plan);
        });
        Step(plan, "made");
        var index = (_host.Find(plan) ?? throw new WiringException($"{plan.HostInterface} went while it was made: the pod is gone")).Index;
        _host.Prepare(plan, index);
        pod.Furnish(link.Mtu);
        _host.Lead(plan, index);
        pod.RequireStanding();
        undo.Keep();
        Step(plan, "whole");
    }

    private void Withdraw(LinkPlan plan, Interface found)
    {
        _host.StopLeading(plan, found.Index);
        _kernel.Interfaces.Remove(found.Index);
    }

    private bool Unplug(LinkPlan plan)
    {
        if (_host.Find(plan) is not { } found || !HostEnd.IsOf(found, plan))
        {
            _host.Dismiss(plan);
            return false;
        }

        // Marked first, so that nobody mends what is taken down. Gone meanwhile with its pod is as good.
        var isThere = !_departures.Mark(found.Index).IsRefused;
        Step(plan, "leaving");
        if (isThere) _host.StopLeading(plan, found.Index);
        _host.Dismiss(LinkPlan.Of(found) ?? plan);
        Step(plan, "dismissed");
        if (isThere) _departures.Go(plan.HostInterface);
        return isThere;
    }

    private string? Check(PodLink link, int? mtu)
    {
        var plan = new LinkPlan(link.Key, link.Addresses);
        if (_host.Find(plan) is not { } found || !HostEnd.IsOf(found, plan)) return $"{plan.HostInterface} is gone from the host";
        using var pod = PodEnd.Open(link.NetworkNamespace, plan, Step);
        return Fault(plan, found, pod, mtu);
    }

    private string? Fault(LinkPlan plan, Interface found, PodEnd pod, int? mtu) =>
        found.Group == Departures.Group ? $"{found.Name} is on its way out" : _host.Fault(plan, found) ?? pod.Fault(found, mtu);

    private IEnumerable<(Interface Found, LinkPlan Plan)> Standing() =>
        from found in _kernel.Interfaces.List()
        where found.Group != Departures.Group
        let plan = LinkPlan.Of(found)
        where plan is not null
        select (found, plan);

    private static KernelNetwork OpenKernel(NetworkNamespace? space) => space is null ? KernelNetwork.Open() : KernelNetwork.Open(space);

    /// <summary>The one edge: whatever the kernel says becomes the port's fault.</summary>
    private static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancel) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                return work();
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw new WiringException(fault.Message, fault);
            }
        },
        cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Step(LinkPlan plan, object done) => LogStep(plan.Key, done);

    [LoggerMessage(Level = LogLevel.Trace, Message = "{Key}: {Done}")]
    private partial void LogStep(AttachmentKey key, object done);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Key}: its link is made anew: {Why}")]
    private partial void LogAnew(AttachmentKey key, string why);
}
