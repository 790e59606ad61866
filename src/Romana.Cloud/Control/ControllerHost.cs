using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Health;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>`romana controller`: acquires the term and runs the loops until cancelled.</summary>
public static partial class ControllerHost
{
    /// <summary>
    /// Returns when cancelled. Throws what stops a start, or ends the term: store, term taken or lost, wrong
    /// credentials, no such VPC; the message has the remedy.
    /// </summary>
    /// <exception cref="ControlRefusedException"/>
    /// <exception cref="Ec2UnavailableException"/>
    /// <exception cref="StoreUnavailableException"/>
    public static async Task RunAsync(ControllerOptions options, ControllerParts parts, CancellationToken cancel)
    {
        var log = parts.Logs.CreateLogger("romana.controller");
        using var session = await TermSession.OpenAsync(options, parts, "controller", cancel).ConfigureAwait(false);
        using var engine = new Engine(options, parts, session.Store, session.Term);
        await CheckAsync(engine.Parts, cancel).ConfigureAwait(false);
        if (parts.TopologyDocument is { } document) await TopologyApply.AtStartAsync(engine, options, document, cancel).ConfigureAwait(false);
        using var built = HealthSources.Open(engine.Parts, engine.World);
        var health = new HealthBoard(engine.Parts, engine.World, [.. parts.HealthSources, .. built.All]);
        await health.RememberAsync(cancel).ConfigureAwait(false);
        LogLeading(log, options.Cluster, options.Vpc, session.Term.Number);
        parts.State.Update(state => state with { Leading = true, Term = session.Term.Number });
        try
        {
            if (parts.WhenLeading is { } begin) await begin(cancel).ConfigureAwait(false);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, session.Term.Lost);
            await RunLoopsAsync(engine, health, stop).ConfigureAwait(false);
        }
        finally
        {
            parts.State.Update(state => state with { Leading = false });
        }

        if (!cancel.IsCancellationRequested) throw new ControlRefusedException("the term was lost: another controller took over the store");
    }

    /// <summary>A start with wrong credentials or a wrong VPC must say so and end; a throttled account is no reason to.</summary>
    private static async Task CheckAsync(EngineParts parts, CancellationToken cancel)
    {
        try
        {
            await parts.Vpc.CheckAsync(cancel).ConfigureAwait(false);
        }
        catch (Ec2UnavailableException error) when (error is { Unauthorized: false, Code: "RequestLimitExceeded" or "Throttling" })
        {
            // The loops ask again.
        }
    }

    private static async Task RunLoopsAsync(Engine engine, HealthBoard health, CancellationTokenSource stop)
    {
        var (hosts, checks, routes) = (engine.HostLoop(), engine.CheckLoop(), engine.RouteLoop());
        engine.World.Told += by => Wake(by, hosts, checks, routes);
        var watches = new[] { RecordKind.Host, RecordKind.Block, RecordKind.Topology }
            .Select(kind => StoreWatch.RunAsync(engine.Parts, kind, hosts.Wake, stop.Token));
        var loops = new[] { hosts.RunAsync(stop.Token), checks.RunAsync(stop.Token), routes.RunAsync(stop.Token), health.RunAsync(stop.Token) };
        await Task.WhenAll(loops.Concat(watches)).ConfigureAwait(false);
    }

    private static void Wake(Changed by, ControlLoop hosts, ControlLoop checks, ControlLoop routes)
    {
        if (by == Changed.Hosts) checks.Wake();
        if (by == Changed.Routes) hosts.Wake();
        else routes.Wake();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "controller of cluster {Cluster} in {Vpc}, term {Term}")]
    private static partial void LogLeading(ILogger log, string cluster, string vpc, long term);
}
