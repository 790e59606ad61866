using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Microsoft.AspNetCore.Http;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Planning;
using Romana.Cloud.Views;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Api;

/// <summary>One path of the API. <paramref name="Body"/>: type of the JSON that it answers; null: Prometheus text.</summary>
/// <param name="Others">Status codes besides 200, each with a problem document (RFC 9457) unless it has the body's form.</param>
internal sealed record ApiPath(string Path, string Summary, Type? Body, params int[] Others)
{
    /// <summary>The one query parameter; null: there is none.</summary>
    public (string Name, string Description)? Query { get; init; }
}

/// <summary>
/// The OpenAPI 3.1 document, made from the very types that are sent, so that it cannot fall behind them. The framework's
/// own generator is a package of its own, which would be one more for 60 lines.
/// </summary>
internal static class OpenApiText
{
    public static readonly ApiPath[] Paths =
    [
        new("/healthz", "The process is alive", typeof(HealthView)),
        new("/readyz", "The term is held and every loop made a whole pass; 503 with the same body until then", typeof(ReadyView), 503),
        new("/metrics", "Prometheus text, prefix romana", null),
        new("/v1/topology", "The committed topology, laid out", typeof(CommittedTopologyView), 404, 503),
        new("/v1/hosts", "Hosts and their blocks: what `romana hosts -o json` prints", typeof(HostListView), 503),
        new("/v1/blocks", "Block slots, free ones included: what `romana blocks --free -o json` prints", typeof(BlockListView), 503),
        new("/v1/routes", "The ledger: what `romana routes show -o json` prints", typeof(RouteListView), 503),
        new("/v1/events", "What happened lately: what `romana events -o json` prints", typeof(EventListView), 400, 503)
        {
            Query = ("since", "How far back, such as 90s, 30m, 2h or 1d; a day without it"),
        },
        new("/v1/plan", "The newest plan: what `romana plan -o json` prints", typeof(RoutePlan), 503),
        new("/openapi/v1.json", "This document", typeof(JsonObject)),
    ];

    private static readonly JsonSchemaExporterOptions Exporting = new()
    {
        TreatNullObliviousAsNonNullable = true,
        // Types with a converter of their own say nothing of their form.
        TransformSchemaNode = (context, schema) => Format(context.TypeInfo.Type) is { } format ? Text(context, format) : schema,
    };

    // After what Build reads: static fields are set in their order.
    private static readonly string Document = Build().ToJsonString(new() { WriteIndented = true });

    public static IResult Answer() => Results.Text(Document, "application/json");

    public static JsonObject Build() => new()
    {
        ["openapi"] = "3.1.0",
        ["info"] = new JsonObject
        {
            ["title"] = "Romana controller",
            ["version"] = "v1",
            ["description"] = "Read only. On loopback nobody is asked; elsewhere a bearer token or TLS is in force.",
        },
        ["paths"] = new JsonObject(Paths.Select(path => KeyValuePair.Create<string, JsonNode?>(path.Path, Get(path)))),
        ["components"] = new JsonObject
        {
            ["securitySchemes"] = new JsonObject { ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            ["schemas"] = Schemas(),
        },
    };

    private static JsonObject Get(ApiPath path)
    {
        var responses = new JsonObject { ["200"] = Response("done", path.Body?.Name) };
        foreach (var status in path.Others)
            responses[status.ToString()] = path.Body == typeof(ReadyView) ? Response("not ready", nameof(ReadyView)) : Response("see detail", "Problem", "application/problem+json");
        responses["401"] = Response("the token is wanted", "Problem", "application/problem+json");
        var get = new JsonObject { ["summary"] = path.Summary };
        if (path.Query is { } query)
        {
            get["parameters"] = new JsonArray(new JsonObject
            {
                ["name"] = query.Name,
                ["in"] = "query",
                ["description"] = query.Description,
                ["schema"] = new JsonObject { ["type"] = "string" },
            });
        }

        get["responses"] = responses;
        return new JsonObject { ["get"] = get };
    }

    private static JsonObject Response(string description, string? schema, string media = "application/json") => new()
    {
        ["description"] = description,
        ["content"] = schema is null
            ? new JsonObject { ["text/plain"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } } }
            : new JsonObject { [media] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" } } },
    };

    private static JsonObject Schemas()
    {
        var schemas = new JsonObject();
        foreach (var type in Paths.Select(path => path.Body).OfType<Type>().Distinct())
            schemas[type.Name] = type == typeof(JsonObject) ? new JsonObject { ["type"] = "object" } : Printing.ViewJson.GetJsonSchemaAsNode(type, Exporting);
        schemas["Problem"] = new JsonObject
        {
            ["type"] = "object",
            ["description"] = "RFC 9457",
            ["properties"] = new JsonObject
            {
                ["type"] = new JsonObject { ["type"] = "string" },
                ["title"] = new JsonObject { ["type"] = "string" },
                ["detail"] = new JsonObject { ["type"] = "string" },
                ["status"] = new JsonObject { ["type"] = "integer" },
            },
        };
        return schemas;
    }

    private static string? Format(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var bare when bare == typeof(Cidr) => "cidr",
        var bare when bare == typeof(IpAddress) => "ip",
        var bare when bare == typeof(HostUid) => "uid",
        _ => null,
    };

    private static JsonObject Text(JsonSchemaExporterContext context, string format) => new()
    {
        ["type"] = Nullable.GetUnderlyingType(context.TypeInfo.Type) is null ? "string" : new JsonArray("string", "null"),
        ["format"] = format,
    };
}
