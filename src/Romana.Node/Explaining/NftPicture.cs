using System.Collections.Immutable;
using System.Text.Json;
using Romana.Ipam.Addressing;
using Romana.Node.Planning;

namespace Romana.Node.Explaining;

/// <summary>Our nft table as it stands, and what its sets hold. A rule is asked for by "chain/comment", as it is written.</summary>
internal sealed class NftPicture
{
    private readonly NftListing _listing;
    private readonly ImmutableHashSet<string> _rules;
    private readonly ImmutableDictionary<string, IpAddress> _translations;

    private NftPicture(NftListing listing, ImmutableDictionary<string, IpAddress> translations) =>
        (_listing, _rules, _translations) = (listing, [.. listing.RuleNames], translations);

    public IEnumerable<string> Rules => _listing.RuleNames;

    /// <summary>Of `nft -j list table`.</summary>
    /// <exception cref="JsonException">It is no such listing.</exception>
    public static NftPicture Read(string json)
    {
        var translations = ImmutableDictionary.CreateBuilder<string, IpAddress>(StringComparer.Ordinal);
        using var document = JsonDocument.Parse(json);
        foreach (var item in document.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (!item.TryGetProperty("rule", out var rule) || !rule.TryGetProperty("comment", out var comment)) continue;
            foreach (var expression in rule.GetProperty("expr").EnumerateArray())
            {
                if (expression.TryGetProperty("snat", out var snat) && snat.TryGetProperty("addr", out var address)
                    && IpAddress.TryParse(address.GetString(), out var to, out _))
                    translations[$"{rule.GetProperty("chain").GetString()}/{comment.GetString()}"] = to;
            }
        }

        return new NftPicture(NftListing.Read(json), translations.ToImmutable());
    }

    public bool Has(string rule) => _rules.Contains(rule);

    /// <summary>Null: the rule is not there, or translates nothing.</summary>
    public IpAddress? TranslationOf(string rule) => _translations.TryGetValue(rule, out var to) ? to : null;

    public bool HasName(string set, string @interface) => Elements(set).Contains($"\"{@interface}\"");

    /// <summary>An interface with an address.</summary>
    public bool HasPair(string set, string @interface, IpAddress address) => Elements(set).Contains($"\"{@interface}\" . {address}");

    public bool HasAddress(string set, IpAddress address) => Elements(set).Any(element => IsIn(element, address));

    /// <summary>Two ranges side by side.</summary>
    public bool HasPair(string set, IpAddress first, IpAddress second) => Elements(set).Any(element =>
        element.Split(" . ") is [var left, var right] && IsIn(left, first) && IsIn(right, second));

    /// <summary>Sets whose name begins so and that hold the interface.</summary>
    public IEnumerable<string> SetsWith(string prefix, string @interface) =>
        _listing.Sets.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && HasName(name, @interface)).Order(StringComparer.Ordinal);

    private ImmutableSortedSet<string> Elements(string set) => _listing.Sets.TryGetValue(set, out var elements) ? elements : [];

    /// <summary>nft prints a prefix, an address, or the two ends of what is neither.</summary>
    private static bool IsIn(string element, IpAddress address)
    {
        if (Cidr.TryParse(element, out var range, out _)) return range.Contains(address);
        if (IpAddress.TryParse(element, out var one, out _)) return one == address;
        if (!element.StartsWith('{')) return false;
        using var document = JsonDocument.Parse(element);
        return document.RootElement.TryGetProperty("range", out var ends) && ends.GetArrayLength() == 2
            && IpAddress.TryParse(ends[0].GetString(), out var first, out _) && IpAddress.TryParse(ends[1].GetString(), out var last, out _)
            && first.Family == address.Family && first <= address && address <= last;
    }
}
