using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Romana.Demo.Wire;

/// <summary>One request of the EC2 Query protocol: a form with Action, Version and flattened parameters.</summary>
internal sealed class QueryRequest
{
    private QueryRequest(ImmutableSortedDictionary<string, string> all, string? accessKey)
    {
        Action = all.GetValueOrDefault("Action", "");
        Version = all.GetValueOrDefault("Version", "");
        Parameters = all.Remove("Action").Remove("Version");
        AccessKey = accessKey;
    }

    public string Action { get; }

    public string Version { get; }

    /// <summary>Without Action and Version.</summary>
    public ImmutableSortedDictionary<string, string> Parameters { get; }

    /// <summary>Key id of the Signature Version 4 credential; null = unsigned.</summary>
    public string? AccessKey { get; }

    public bool DryRun => this["DryRun"] == "true";

    public string? this[string name] => Parameters.GetValueOrDefault(name);

    public static async Task<QueryRequest> ReadAsync(HttpRequest http)
    {
        var all = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in http.Query) all[name] = value.ToString();
        if (http.HasFormContentType)
        {
            var form = await http.ReadFormAsync(http.HttpContext.RequestAborted).ConfigureAwait(false);
            foreach (var (name, value) in form) all[name] = value.ToString();
        }

        return new QueryRequest(all.ToImmutable(), AccessKeyOf(http.Headers.Authorization.ToString()));
    }

    /// <summary>Values of a flattened list, "InstanceId.1", "InstanceId.2", in order; empty when there is none.</summary>
    public ImmutableArray<string> List(string name)
    {
        var values = ImmutableArray.CreateBuilder<string>();
        while (Parameters.TryGetValue($"{name}.{values.Count + 1}", out var value)) values.Add(value);
        return values.ToImmutable();
    }

    /// <summary>Filters in order: a resource passes when for each of them any of its values matches.</summary>
    public IEnumerable<(string Name, ImmutableArray<string> Values)> Filters()
    {
        for (var number = 1; Parameters.TryGetValue($"Filter.{number}.Name", out var name); number++)
            yield return (name, List($"Filter.{number}.Value"));
    }

    /// <summary>Tags of "Tag.1.Key", "Tag.1.Value" below a prefix such as "TagSpecification.1.".</summary>
    public ImmutableSortedDictionary<string, string> Tags(string prefix = "")
    {
        var tags = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        for (var number = 1; Parameters.TryGetValue($"{prefix}Tag.{number}.Key", out var key); number++)
            tags[key] = Parameters.GetValueOrDefault($"{prefix}Tag.{number}.Value", "");
        return tags.ToImmutable();
    }

    /// <summary>Null when it is missing or no number.</summary>
    public int? Number(string name) =>
        int.TryParse(this[name], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static string? AccessKeyOf(string authorization)
    {
        const string mark = "Credential=";
        var start = authorization.IndexOf(mark, StringComparison.Ordinal);
        if (start < 0) return null;
        var key = authorization[(start + mark.Length)..];
        var end = key.IndexOf('/', StringComparison.Ordinal);
        return end < 0 ? key : key[..end];
    }
}
