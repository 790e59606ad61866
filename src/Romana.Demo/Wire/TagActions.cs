using System.Collections.Frozen;
using System.Collections.Immutable;
using Romana.Demo.Ec2;

namespace Romana.Demo.Wire;

/// <summary>CreateTags, DeleteTags and DescribeTags.</summary>
internal static class TagActions
{
    public static readonly Listing<(string Resource, string Type, string Key, string Value)> Tags = new()
    {
        Set = "tagSet",
        IdParameter = "TagId",
        Missing = ("tag", "InvalidID"),
        All = AllTags,
        Filters = new Dictionary<string, Func<AccountState, (string Resource, string Type, string Key, string Value), IEnumerable<string>>>
        {
            ["resource-id"] = (_, tag) => [tag.Resource],
            ["resource-type"] = (_, tag) => [tag.Type],
            ["key"] = (_, tag) => [tag.Key],
            ["value"] = (_, tag) => [tag.Value],
        }.ToFrozenDictionary(StringComparer.Ordinal),
        Write = (xml, _, tag) => xml
            .Text("resourceId", tag.Resource).Text("resourceType", tag.Type).Text("key", tag.Key).Text("value", tag.Value),
    };

    public static Reply Create(SimulatedVpc vpc, QueryRequest request)
    {
        var tags = request.Tags();
        return Reply.Of(vpc.Apply(state => TagRules.Edit(state, request.List("ResourceId"), old => old.SetItems(tags))));
    }

    /// <summary>A tag without value goes whatever its value is; with one, only that value goes.</summary>
    public static Reply Delete(SimulatedVpc vpc, QueryRequest request)
    {
        var tags = request.Tags();
        return Reply.Of(vpc.Apply(state => TagRules.Edit(state, request.List("ResourceId"), old => old.RemoveRange(
            tags.Where(tag => tag.Value.Length == 0 || old.GetValueOrDefault(tag.Key) == tag.Value).Select(tag => tag.Key)))));
    }

    private static ImmutableSortedDictionary<string, (string Resource, string Type, string Key, string Value)> AllTags(AccountState state) =>
        TagRules.All(state)
            .SelectMany(one => one.Tags.Select(tag => (Resource: one.Id, one.Type, tag.Key, tag.Value)))
            .ToImmutableSortedDictionary(tag => $"{tag.Resource}/{tag.Key}", tag => tag, StringComparer.Ordinal);
}
