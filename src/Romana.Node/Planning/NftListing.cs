using System.Collections.Immutable;
using System.Text.Json;

namespace Romana.Node.Planning;

/// <summary>
/// Our table as `nft -j list table` shows it (libnftables-json(5)): its layout, its sets, and the print of its rules, which is
/// what they say without counters and handles.
/// </summary>
internal sealed record NftListing(string? LayoutName, ImmutableArray<string> RuleNames, ImmutableDictionary<string, ImmutableSortedSet<string>> Sets, string Print)
{
    /// <exception cref="JsonException">It is no such listing.</exception>
    public static NftListing Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        var sets = ImmutableDictionary.CreateBuilder<string, ImmutableSortedSet<string>>(StringComparer.Ordinal);
        var (names, print) = (ImmutableArray.CreateBuilder<string>(), new System.Text.StringBuilder());
        string? layout = null;
        foreach (var item in document.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (item.TryGetProperty("set", out var set)) sets[Text(set, "name")] = Elements(set);
            else if (item.TryGetProperty("chain", out var chain))
            {
                if (Text(chain, "name").StartsWith(NftTable.LayoutPrefix, StringComparison.Ordinal)) layout = Text(chain, "name");
                else print.Append($"{Text(chain, "name")} {Raw(chain, "hook")} {Raw(chain, "prio")} {Raw(chain, "policy")}\n");
            }
            else if (item.TryGetProperty("rule", out var rule))
            {
                names.Add($"{Text(rule, "chain")}/{(rule.TryGetProperty("comment", out var comment) ? comment.GetString() : "")}");
                print.Append($"{names[^1]} {Expressions(rule)}\n");
            }
        }

        return new(layout, names.ToImmutable(), sets.ToImmutable(), print.ToString());
    }

    /// <summary>
    /// Of `nft -j list chains`: chains at forward with a policy of drop. What iptables made is left out: there our own chain is the last word.
    /// </summary>
    /// <exception cref="JsonException">It is no such listing.</exception>
    public static ImmutableArray<string> Forbidding(string json)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.GetProperty("nftables").EnumerateArray()
            .Where(item => item.TryGetProperty("chain", out _)).Select(item => item.GetProperty("chain"))
            .Where(chain => Raw(chain, "hook") == "\"forward\"" && Raw(chain, "policy") == "\"drop\"")
            .Where(chain => !(Text(chain, "family") is "ip" or "ip6" && Text(chain, "table") == "filter" && Text(chain, "name") == "FORWARD"))
            .Select(chain => $"{Text(chain, "family")} {Text(chain, "table")} {Text(chain, "name")}")];
    }

    /// <summary>Whether layout and rules are those of the table; the sets are compared one by one.</summary>
    public bool HasLayoutOf(NftTable table) => LayoutName == table.LayoutName
        && RuleNames.SequenceEqual(table.Chains.SelectMany(chain => chain.Rules.Select(rule => $"{chain.Name}/{rule.Comment}")))
        && table.Sets.All(set => Sets.ContainsKey(set.Name));

    private static string Expressions(JsonElement rule) => string.Join(' ', rule.GetProperty("expr").EnumerateArray()
        .Where(expression => !expression.TryGetProperty("counter", out _)).Select(expression => expression.GetRawText()));

    private static ImmutableSortedSet<string> Elements(JsonElement set) =>
        set.TryGetProperty("elem", out var list) ? [.. list.EnumerateArray().Select(element => Element(element, IsNames(set)))] : [];

    /// <summary>Interface names are printed between quotes.</summary>
    private static bool IsNames(JsonElement set)
    {
        var type = set.GetProperty("type");
        return (type.ValueKind == JsonValueKind.Array ? type[0] : type).GetString() == "ifname";
    }

    private static string Element(JsonElement element, bool isName)
    {
        if (element.ValueKind == JsonValueKind.String) return isName ? $"\"{element.GetString()}\"" : element.GetString()!;
        if (element.ValueKind != JsonValueKind.Object) return element.GetRawText();
        if (element.TryGetProperty("prefix", out var prefix)) return $"{Text(prefix, "addr")}/{Raw(prefix, "len")}";
        if (!element.TryGetProperty("concat", out var parts)) return element.GetRawText();
        return string.Join(" . ", parts.EnumerateArray().Select((part, index) => Element(part, isName && index == 0)));
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string Raw(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetRawText() : "";
}
