using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using Romana.Demo.Ec2;

namespace Romana.Demo.Wire;

/// <summary>One Describe action: where its resources are, how they are selected, how they are written.</summary>
internal sealed record Listing<T>
{
    /// <summary>Name of the answer's list, "routeTableSet".</summary>
    public required string Set { get; init; }

    /// <summary>Name of the id list parameter, "RouteTableId".</summary>
    public required string IdParameter { get; init; }

    /// <summary>What the id is called in messages, "routeTable", and the error code when there is none.</summary>
    public required (string Name, string Code) Missing { get; init; }

    public required Func<AccountState, ImmutableSortedDictionary<string, T>> All { get; init; }

    /// <summary>Filter name -> the values that it is matched against. tag:KEY, tag-key and tag-value come from <see cref="Tags"/>.</summary>
    public required FrozenDictionary<string, Func<AccountState, T, IEnumerable<string>>> Filters { get; init; }

    public required Action<Ec2Xml, AccountState, T> Write { get; init; }

    public Func<T, ImmutableSortedDictionary<string, string>> Tags { get; init; } = _ => NoTags.Value;

    /// <summary>Largest MaxResults, and the page when the caller gives none. The smallest MaxResults is 5 everywhere.</summary>
    public int PageMax { get; init; } = 1000;

    /// <summary>EC2 refuses ids and MaxResults in one request for some resources.</summary>
    public bool IdsExcludePaging { get; init; }

    /// <summary>Left out of answers at this instant, unless null.</summary>
    public Func<T, DateTimeOffset, bool>? Hidden { get; init; }
}

internal static class Listing
{
    private const int PageMin = 5;
    private const int MaxIds = 1000;
    private const int MaxFilterValues = 200;

    public static Ec2Action Action<T>(Listing<T> listing) => (vpc, request) => Answer(listing, vpc, request);

    private static Reply Answer<T>(Listing<T> listing, SimulatedVpc vpc, QueryRequest request)
    {
        var state = vpc.Seen;
        if (RequestRefusal(listing, request) is { } bad) return new Reply.Refused(bad);
        var filters = request.Filters().ToList();
        if (FilterRefusal(listing, filters) is { } refusal) return new Reply.Refused(refusal);
        var now = vpc.Now;
        var all = listing.All(state);
        var ids = request.List(listing.IdParameter);
        if (MissingRefusal(listing, all, ids, now) is { } missing) return new Reply.Refused(missing);

        var candidates = ids.IsEmpty ? all : ids.Distinct().Order(StringComparer.Ordinal).Select(id => KeyValuePair.Create(id, all[id]));
        var after = AfterOf(request["NextToken"]);
        var size = request.Number("MaxResults") ?? listing.PageMax;
        var page = candidates
            .Where(pair => string.CompareOrdinal(pair.Key, after) > 0)
            .Where(pair => listing.Hidden?.Invoke(pair.Value, now) != true)
            .Where(pair => filters.TrueForAll(filter => Passes(listing, state, pair.Value, filter)))
            .Take(ids.IsEmpty ? size + 1 : int.MaxValue)
            .ToList();
        var more = ids.IsEmpty && page.Count > size;
        return new Reply.Answered(xml =>
        {
            xml.Set(listing.Set, more ? page.Take(size) : page, pair => listing.Write(xml, state, pair.Value));
            if (more) xml.Text("nextToken", TokenAfter(page[size - 1].Key));
        });
    }

    private static Ec2Error? RequestRefusal<T>(Listing<T> listing, QueryRequest request)
    {
        var ids = request.List(listing.IdParameter);
        if (ids.Length > MaxIds)
            return Ec2Error.BadValue($"The maximum number of {listing.Missing.Name} IDs in a request is {MaxIds}");
        if (request["NextToken"] is { } token && AfterOf(token) is null)
            return Ec2Error.BadValue("The token is invalid.");
        if (request["MaxResults"] is not { } text) return null;
        if (listing.IdsExcludePaging && !ids.IsEmpty)
            return new Ec2Error(
                "InvalidParameterCombination",
                $"The parameter {listing.Missing.Name}Set cannot be used with the parameter maxResults");
        return request.Number("MaxResults") is { } size && size >= PageMin && size <= listing.PageMax
            ? null
            : Ec2Error.BadValue($"Value ( {text} ) for parameter maxResults is invalid. Expecting a value between {PageMin} and {listing.PageMax}.");
    }

    private static Ec2Error? FilterRefusal<T>(Listing<T> listing, List<(string Name, ImmutableArray<string> Values)> filters)
    {
        foreach (var (name, values) in filters)
        {
            if (values.Length > MaxFilterValues)
                return new Ec2Error("FilterLimitExceeded", $"The maximum number of filter values specified on a single call is {MaxFilterValues}");
            if (!IsTagFilter(name) && !listing.Filters.ContainsKey(name))
                return Ec2Error.BadValue($"The filter '{name}' is invalid");
        }

        return null;
    }

    private static Ec2Error? MissingRefusal<T>(
        Listing<T> listing, ImmutableSortedDictionary<string, T> all, ImmutableArray<string> ids, DateTimeOffset now)
    {
        var missing = ids.Where(id => !all.TryGetValue(id, out var one) || listing.Hidden?.Invoke(one, now) == true).ToList();
        var (name, code) = listing.Missing;
        return missing.Count switch
        {
            0 => null,
            1 => Ec2Error.NotFound(code, name, missing[0]),
            _ => new Ec2Error(code, $"The {name} IDs '{string.Join(", ", missing)}' do not exist"),
        };
    }

    private static bool IsTagFilter(string name) => name is "tag-key" or "tag-value" || name.StartsWith("tag:", StringComparison.Ordinal);

    private static bool Passes<T>(Listing<T> listing, AccountState state, T one, (string Name, ImmutableArray<string> Values) filter) =>
        ValuesOf(listing, state, one, filter.Name).Any(value => filter.Values.Any(wanted => Wildcard.Matches(wanted, value)));

    private static IEnumerable<string> ValuesOf<T>(Listing<T> listing, AccountState state, T one, string name)
    {
        if (name == "tag-key") return listing.Tags(one).Keys;
        if (name == "tag-value") return listing.Tags(one).Values;
        if (name.StartsWith("tag:", StringComparison.Ordinal))
            return listing.Tags(one).TryGetValue(name[4..], out var value) ? [value] : [];
        return listing.Filters[name](state, one);
    }

    /// <summary>A token names the last id of its page, so that a page survives changes made between two requests.</summary>
    private static string TokenAfter(string id) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"after:{id}"));

    /// <summary>"" = from the start; null = not one of our tokens.</summary>
    private static string? AfterOf(string? token)
    {
        if (string.IsNullOrEmpty(token)) return "";
        var bytes = new byte[token.Length];
        if (!Convert.TryFromBase64String(token, bytes, out var length)) return null;
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        return text.StartsWith("after:", StringComparison.Ordinal) ? text["after:".Length..] : null;
    }
}
