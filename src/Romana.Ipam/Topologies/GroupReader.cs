using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>Reads `map` and `groups`.</summary>
internal sealed partial class GroupReader(ProblemList problems)
{
    /// <summary>Deeper than any address is long; a list of one entry halves nothing, so there must be a limit.</summary>
    private const int DepthLimit = 140;

    public ImmutableArray<GroupDraft> ReadList(DocumentObject parent, string key, int depth = 0)
    {
        if (depth == DepthLimit)
        {
            if (parent.Has(key))
                problems.Error(
                    "nested_too_deeply", parent.At(key), null, $"groups nest more than {DepthLimit} deep", "Take out levels of a single group");
            return [];
        }

        var groups = ImmutableArray.CreateBuilder<GroupDraft>();
        foreach (var (element, path) in parent.List(key))
        {
            if (DocumentObject.Open(element, path, problems) is not { } entry) continue;
            if (entry.Has("ip"))
                problems.Warning(
                    "host_outside_group", entry.At("ip"), null, "an entry of `map` is a group, so its ip is ignored",
                    "Put hosts into the `groups` of an entry");
            groups.Add(Read(entry, depth));
            entry.Close();
        }

        return groups.ToImmutable();
    }

    private GroupDraft Read(DocumentObject entry, int depth)
    {
        var routing = entry.Text("routing");
        var via = ReadVia(entry);
        var cover = entry.OneOf("cover", "invalid_cover", "never", "always");
        var draft = new GroupDraft
        {
            DocumentPath = entry.Path,
            Name = entry.Text("name") ?? "",
            Padding = entry.Flag("dummy"),
            Cidr = entry.Cidr("cidr"),
            Assignment = ReadAssignment(entry),
            Routing = routing,
            Modes = ReadModes(entry, routing),
            Cover = cover is null ? null : cover == "always",
            Via = via,
            Mtu = entry.Number("mtu", "invalid_mtu", 576, 9216),
        };
        if (draft.Mtu is not null && via is null)
            problems.Warning("mtu_without_via", entry.At("mtu"), null, "a group's mtu counts only beside `via`", "Set mtu on the network instead");
        return HoldsHosts(entry)
            ? draft with { Hosts = ReadHosts(entry) }
            : draft with { Groups = ReadList(entry, "groups", depth + 1) };
    }

    private static bool HoldsHosts(DocumentObject entry) =>
        entry.Find("groups") is { ValueKind: JsonValueKind.Array } list
        && list.EnumerateArray().Any(
            item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("ip", out var ip) && ip.ValueKind != JsonValueKind.Null);

    private ImmutableArray<ListedHost> ReadHosts(DocumentObject entry)
    {
        var hosts = ImmutableArray.CreateBuilder<ListedHost>();
        foreach (var (element, path) in entry.List("groups"))
        {
            if (DocumentObject.Open(element, path, problems) is not { } item) continue;
            var name = item.Text("name");
            var ip = item.Address("ip");
            if (string.IsNullOrEmpty(name) || (ip is null && !item.Has("ip")))
                problems.Error(
                    "host_needs_name_and_ip", path, name, "a host needs a name and an ip; a list holds hosts or groups, never both",
                    "Write {\"name\": \"...\", \"ip\": \"...\"}");
            else if (ip is { } address) hosts.Add(new ListedHost(name, address));
            item.Close();
        }

        return hosts.ToImmutable();
    }

    private static ImmutableSortedDictionary<string, string> ReadAssignment(DocumentObject entry)
    {
        if (entry.Object("assignment") is not { } pairs) return ImmutableSortedDictionary<string, string>.Empty;
        return pairs.Pairs().ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    private string? ReadVia(DocumentObject entry)
    {
        if (entry.Text("via") is not { } via) return null;
        if (Target().IsMatch(via)) return via;
        problems.Error(
            "invalid_via", entry.At("via"), via, "`via` names the AWS target of a group elsewhere", "Write a transit gateway (tgw-...) or an interface (eni-...)");
        return null;
    }

    private RoutingModes ReadModes(DocumentObject entry, string? routing)
    {
        var modes = RoutingModes.None;
        foreach (var word in (routing ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            // A peer may stand behind a colon: "prefix-announce-bgp:rack1-tor".
            var mode = RoutingWords.Mode(word.Split(':')[0].Trim());
            modes |= mode;
            if (mode == RoutingModes.None)
                problems.Warning(
                    "unknown_routing", entry.At("routing"), word, "the word is not known and means nothing",
                    $"Write a comma list of: {string.Join(", ", RoutingWords.All)}");
        }

        return modes;
    }

    [GeneratedRegex("^(tgw|eni)-[0-9a-z-]+\\z")]
    private static partial Regex Target();
}
