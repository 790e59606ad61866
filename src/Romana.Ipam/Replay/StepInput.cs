using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Replay;

/// <summary>One step of a vector file, read leniently: what is missing or of the wrong kind is null.</summary>
internal sealed class StepInput(JsonObject step)
{
    public string Op => Text("op") ?? "";

    public string? Text(string key) => Text(step, key);

    public string? Json(string key) => step[key]?.ToJsonString();

    /// <summary>The step's `host` object; an object without fields where there is none.</summary>
    public JsonObject Host => step["host"] as JsonObject ?? [];

    public HostSelector Selector => new(Text(Host, "name"), Address(Host));

    /// <summary>Null when name or address is missing.</summary>
    public ReplayHost? NewHost()
    {
        var name = Text(Host, "name");
        if (string.IsNullOrEmpty(name) || Address(Host) is not { } ip) return null;
        return new ReplayHost { Name = name, Ip = ip, Labels = Labels(), AgentPort = Port() };
    }

    /// <summary>`tags` of the old system, or `labels`.</summary>
    public ImmutableSortedDictionary<string, string> Labels()
    {
        var pairs = (Host["tags"] ?? Host["labels"]) as JsonObject ?? [];
        return pairs.Where(pair => pair.Value is JsonValue).ToImmutableSortedDictionary(
            pair => pair.Key,
            pair => pair.Value!.GetValueKind() == JsonValueKind.String ? pair.Value.GetValue<string>() : pair.Value.ToJsonString(),
            StringComparer.Ordinal);
    }

    private int Port() =>
        Host["agent_port"] is JsonValue value && value.TryGetValue<int>(out var port) && port > 0 ? port : ReplayHost.DefaultAgentPort;

    private static string? Text(JsonObject from, string key) =>
        from[key] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static IpAddress? Address(JsonObject from) => IpAddress.TryParse(Text(from, "ip"), out var ip, out _) ? ip : null;
}
