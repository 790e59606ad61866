using System.Collections.Immutable;
using System.Text.Json;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Input;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Topologies;

/// <summary>The VPC part of the planner's inventory file: its CIDRs and subnets, all that a topology is drawn from.</summary>
internal sealed record VpcFile(ImmutableArray<Cidr> Cidrs, ImmutableArray<LinkFact> Links)
{
    /// <exception cref="CommandFailure">Bad input.</exception>
    public static VpcFile Read(string path, Surroundings around)
    {
        using var document = InputFile.ParseJson(path, InputFile.Read(path, around));
        var root = document.RootElement;
        var vpc = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("vpc", out var found) ? found : default;
        return new VpcFile(
            [.. Items(vpc, "cidrs").Select((item, index) => ReadCidr(path, $"vpc.cidrs[{index}]", item))],
            [.. Items(root, "subnets").Select((item, index) => ReadLink(path, index, item))]);
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement parent, string key) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(key, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray()
            : default;

    private static Cidr ReadCidr(string path, string place, JsonElement item)
    {
        var text = item.ValueKind == JsonValueKind.String ? item.GetString() : null;
        return Cidr.TryParse(text, out var cidr, out var reason)
            ? cidr
            : throw CommandFailure.BadInput($"{path}: {place}: {reason}", "write a CIDR of the VPC");
    }

    private static LinkFact ReadLink(string path, int index, JsonElement item)
    {
        if (Text(item, "id") is { } id && Text(item, "zone") is { } zone) return new LinkFact(id, zone);
        throw CommandFailure.BadInput($"{path}: subnets[{index}] lacks id or zone", "write {\"id\": \"subnet-...\", \"zone\": \"us-west-2a\"}");
    }

    private static string? Text(JsonElement item, string key) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
