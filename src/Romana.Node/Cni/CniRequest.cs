using System.Collections.Immutable;
using System.Text.Json;
using Romana.Ipam.Attachments;

namespace Romana.Node.Cni;

/// <summary>Commands that reach the agent; VERSION is answered by the plugin.</summary>
internal enum CniCommand
{
    Add,
    Del,
    Check,
    Gc,
    Status,
}

/// <summary>What the plugin sent: the environment's words and the network configuration (CNI specification, section 2).</summary>
internal sealed record CniRequest
{
    public required CniCommand Command { get; init; }

    /// <summary>Empty for GC and STATUS.</summary>
    public AttachmentKey Key { get; init; }

    /// <summary>Path of the pod's namespace; empty when a DEL comes late.</summary>
    public string NetworkNamespace { get; init; } = "";

    public CniArguments Arguments { get; init; } = CniArguments.None;

    public required CniConfiguration Configuration { get; init; }

    /// <exception cref="CniException">Code 6: it is not what the plugin sends.</exception>
    public static CniRequest Read(ReadOnlyMemory<byte> text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return new CniRequest
            {
                Command = CommandOf(root.GetProperty("command").GetString()),
                Key = new AttachmentKey(root.GetProperty("containerId").GetString()!, root.GetProperty("ifname").GetString()!),
                NetworkNamespace = root.GetProperty("netns").GetString()!,
                Arguments = CniArguments.Read(root.GetProperty("args").GetString()!),
                Configuration = CniConfiguration.Read(root.GetProperty("config")),
            };
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CniException(CniCode.Undecodable, "the request cannot be read", $"{fault.Message}: are plugin and agent of one version?");
        }
    }

    private static CniCommand CommandOf(string? word) => word switch
    {
        "ADD" => CniCommand.Add,
        "DEL" => CniCommand.Del,
        "CHECK" => CniCommand.Check,
        "GC" => CniCommand.Gc,
        "STATUS" => CniCommand.Status,
        _ => throw new FormatException($"there is no command '{word}'"),
    };
}

/// <summary>CNI_ARGS as container runtimes for Kubernetes fill it; the pairs come in any order, unknown ones are passed over.</summary>
/// <param name="Namespace">K8S_POD_NAMESPACE: the tenant.</param>
/// <param name="Pod">K8S_POD_NAME.</param>
/// <param name="PodUid">K8S_POD_UID.</param>
internal sealed record CniArguments(string? Namespace, string? Pod, string? PodUid)
{
    public static readonly CniArguments None = new(null, null, null);

    public static CniArguments Read(string text)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at > 0) pairs[pair[..at]] = pair[(at + 1)..];
        }

        string? Of(string name) => pairs.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
        return new CniArguments(Of("K8S_POD_NAMESPACE"), Of("K8S_POD_NAME"), Of("K8S_POD_UID"));
    }
}

/// <summary>The keys of the network configuration that the agent knows.</summary>
internal sealed record CniConfiguration
{
    /// <summary>`cniVersion`: the answer is written in it.</summary>
    public required string Version { get; init; }

    /// <summary>`name` of the network configuration.</summary>
    public string Name { get; init; } = "";

    /// <summary>`network`: pins one of the topology's networks, for second interfaces.</summary>
    public string? Network { get; init; }

    /// <summary>`dns`, passed through into the result; null when there is none.</summary>
    public JsonElement? Dns { get; init; }

    /// <summary>Addresses of `prevResult`; empty when there is none.</summary>
    public ImmutableArray<string> PreviousAddresses { get; init; } = [];

    /// <summary>`cni.dev/valid-attachments` of a GC; null when it was not given, and then nothing may be removed.</summary>
    public ImmutableHashSet<AttachmentKey>? Valid { get; init; }

    /// <exception cref="FormatException">A known key has a value of another kind.</exception>
    public static CniConfiguration Read(JsonElement root) => new()
    {
        Version = Word(root, "cniVersion") ?? "",
        Name = Word(root, "name") ?? "",
        Network = Word(root, "network"),
        Dns = root.TryGetProperty("dns", out var dns) && dns.ValueKind == JsonValueKind.Object ? dns.Clone() : null,
        PreviousAddresses = root.TryGetProperty("prevResult", out var before) ? Addresses(before) : [],
        Valid = root.TryGetProperty("cni.dev/valid-attachments", out var valid)
            ? [.. Items(valid, "cni.dev/valid-attachments").Select(one => new AttachmentKey(Needed(one, "containerID"), Needed(one, "ifname")))] : null,
    };

    private static ImmutableArray<string> Addresses(JsonElement before) =>
        before.ValueKind == JsonValueKind.Object && before.TryGetProperty("ips", out var ips)
            ? [.. Items(ips, "prevResult.ips").Select(ip => Needed(ip, "address"))] : [];

    private static JsonElement.ArrayEnumerator Items(JsonElement list, string key) =>
        list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw new FormatException($"'{key}' is no list");

    private static string Needed(JsonElement root, string key) =>
        (root.ValueKind == JsonValueKind.Object ? Word(root, key) : null) ?? throw new FormatException($"'{key}' is missing in a list's entry");

    private static string? Word(JsonElement root, string key) => !root.TryGetProperty(key, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw new FormatException($"'{key}' is no text");
}
