using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Discovery;

/// <summary>A list of hosts as a file: `{"hosts": [{"name": ..., "ip": ..., "labels": {...}}]}`; other keys are the planner's.</summary>
public static class InventoryFile
{
    /// <exception cref="FormatException">Names the file, the place and the remedy.</exception>
    public static ImmutableArray<ListedMachine> Read(string path)
    {
        try
        {
            var document = JsonSerializer.Deserialize(File.ReadAllText(path), InventoryFileJson.Default.Document);
            var hosts = document?.Hosts ?? throw new FormatException($"{path} has no \"hosts\": write {{\"hosts\": [{{\"name\": \"h1\", \"ip\": \"10.0.0.10\"}}]}}");
            var twice = hosts.GroupBy(host => host.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1);
            if (twice is not null) throw new FormatException($"{path}: hosts: the name '{twice.Key}' stands twice: names tell hosts apart");
            return [.. hosts.Select(host => new ListedMachine(host.Name, host.Ip,
                (host.Labels ?? []).ToImmutableSortedDictionary(StringComparer.Ordinal)))];
        }
        catch (JsonException error)
        {
            throw new FormatException($"{path} is not an inventory: {error.Message}: correct it there", error);
        }
    }

    internal sealed record Document(List<Machine>? Hosts);

    internal sealed record Machine
    {
        public required string Name { get; init; }
        public required IpAddress Ip { get; init; }
        public Dictionary<string, string>? Labels { get; init; }
    }
}

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true)]
[JsonSerializable(typeof(InventoryFile.Document))]
internal sealed partial class InventoryFileJson : JsonSerializerContext;
