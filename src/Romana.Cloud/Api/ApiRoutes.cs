using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Romana.Cloud.Commands.Input;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Views;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Api;

/// <summary>The paths, and what each answers. All GET, and HEAD, which answers the same without the body (RFC 9110, 9.3.2); each new one also goes into OpenApiText (a test compares).</summary>
internal static class ApiRoutes
{
    public static readonly string[] Reads = [HttpMethods.Get, HttpMethods.Head];

    public static void Map(IEndpointRouteBuilder web, ApiSources sources)
    {
        web.MapMethods("/healthz", Reads, () => Results.Json(new HealthView("ok"), Printing.ViewJson));
        web.MapMethods("/readyz", Reads, () => Ready(sources));
        web.MapMethods("/openapi/v1.json", Reads, OpenApiText.Answer);
        web.MapReading("/v1/hosts", cancel => Reading(sources, HostListView.Of, cancel));
        web.MapReading("/v1/blocks", cancel => Reading(sources, BlockListView.Of, cancel));
        web.MapReading("/v1/routes", cancel => Reading(sources, store => RouteListView.Of(store, Laid(store)), cancel));
        web.MapMethods("/v1/events", Reads, (Delegate)((HttpContext context) => Events(sources, context)));
        web.MapReading("/v1/topology", cancel => Reading(sources, CommittedTopologyView.Of, cancel));
        web.MapMethods("/v1/plan", Reads, () => Plan(sources));
    }

    private static void MapReading(this IEndpointRouteBuilder web, string path, Func<CancellationToken, Task<IResult>> answer)
    {
        Delegate handler = (HttpContext context) => answer(context.RequestAborted);
        web.MapMethods(path, Reads, handler);
    }

    private static async Task<IResult> Reading<T>(ApiSources sources, Func<StoreReading, T?> view, CancellationToken cancel)
        where T : class
    {
        try
        {
            return view(await StoreReading.OfAsync(sources.Store, cancel)) is { } found
                ? Results.Json(found, Printing.ViewJson)
                : Results.Problem("there is no topology yet: romana topology apply FILE", statusCode: 404, title: "No topology");
        }
        catch (StoreUnavailableException fault)
        {
            return NoStore(fault);
        }
    }

    private static async Task<IResult> Events(ApiSources sources, HttpContext context)
    {
        var asked = context.Request.Query["since"].ToString();
        if (asked.Length == 0) asked = "1d";
        if (!SpanText.TryParse(asked, out var span))
            return Results.Problem($"since={asked}: {SpanText.Wanted}", statusCode: 400, title: "Bad request");
        try
        {
            return Results.Json(await EventListView.OfAsync(sources.Store, sources.Clock.GetUtcNow() - span, context.RequestAborted), Printing.ViewJson);
        }
        catch (StoreUnavailableException fault)
        {
            return NoStore(fault);
        }
    }

    private static IResult NoStore(StoreUnavailableException fault) =>
        Results.Problem(fault.Message, statusCode: 503, title: "The store does not answer");

    private static IResult Plan(ApiSources sources) => sources.State.Current.Plan is { } plan
        ? Results.Json(plan, Printing.ViewJson)
        : Results.Problem("no pass has been planned yet: see /readyz", statusCode: 503, title: "No plan yet");

    private static IResult Ready(ApiSources sources)
    {
        var now = sources.State.Current;
        var view = new ReadyView(now.Ready, now.Leading, now.Term, [.. now.Passes.Values.Select(PassView.Of)],
            [.. now.Conditions.Select(standing => new StandingConditionView(standing.About, ConditionView.Of(standing.Condition)))]);
        return Results.Json(view, Printing.ViewJson, statusCode: now.Ready ? 200 : 503);
    }

    private static Topology? Laid(StoreReading store) =>
        store.Topology is null ? null : TopologyDocument.Read(store.Topology.Document).Topology;
}
