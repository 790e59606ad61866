using System.Globalization;
using System.Text.Json;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>
/// One object of a document, opened for reading by key. It remembers which keys were asked for, so that
/// <see cref="Close"/> can name those that mean nothing.
/// </summary>
internal sealed class DocumentObject
{
    private readonly Dictionary<string, JsonElement> values = new(StringComparer.Ordinal);
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);
    private readonly ProblemList problems;

    private DocumentObject(string path, ProblemList problems)
    {
        Path = path;
        this.problems = problems;
    }

    /// <summary>Where the object stands, "networks[1]"; empty for the document itself.</summary>
    public string Path { get; }

    public static DocumentObject? Open(JsonElement element, string path, ProblemList problems)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            problems.Error("bad_document", path, Shown(element), "an object is wanted here", "Write { ... }");
            return null;
        }

        var opened = new DocumentObject(path, problems);
        foreach (var property in element.EnumerateObject())
        {
            if (!opened.values.TryAdd(property.Name, property.Value))
                problems.Error("duplicate_key", opened.At(property.Name), null, "the key stands twice in one object", "Keep one of them");
        }

        return opened;
    }

    public string At(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    public bool Has(string key) => Find(key) is not null;

    /// <summary>Null when the key is missing, is null, or is no string (which is reported).</summary>
    public string? Text(string key)
    {
        if (Find(key) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String) return value.GetString();
        problems.Error("bad_value", At(key), Shown(value), "a string is wanted", "Write it in quotes");
        return null;
    }

    /// <summary>The word if it is one of <paramref name="allowed"/>; anything else is reported.</summary>
    public string? OneOf(string key, string code, params ReadOnlySpan<string> allowed)
    {
        if (Text(key) is not { } word) return null;
        if (allowed.Contains(word)) return word;
        problems.Error(code, At(key), word, "the value is not known", $"Write one of: {string.Join(", ", allowed)}");
        return null;
    }

    /// <summary>A whole number inside the bounds; anything else is reported with <paramref name="code"/>.</summary>
    public int? Number(string key, string code, int least, int most)
    {
        if (Find(key) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= least && number <= most)
            return number;
        problems.Error(code, At(key), Shown(value), "the number is out of range", $"Write a whole number from {least} to {most}");
        return null;
    }

    public bool Flag(string key)
    {
        if (Find(key) is not { } value) return false;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        problems.Error("bad_value", At(key), Shown(value), "true or false is wanted", "Write true or false");
        return false;
    }

    /// <summary>Strict: host bits are refused with the code invalid_cidr.</summary>
    public Cidr? Cidr(string key)
    {
        if (Text(key) is not { } text) return null;
        if (Addressing.Cidr.TryParse(text, out var cidr, out var reason)) return cidr;
        problems.Error("invalid_cidr", At(key), text, reason, "Write a CIDR such as 10.244.0.0/16");
        return null;
    }

    public IpAddress? Address(string key)
    {
        if (Text(key) is not { } text) return null;
        if (IpAddress.TryParse(text, out var address, out var reason)) return address;
        problems.Error("invalid_address", At(key), text, reason, "Write an IP address such as 10.0.0.1");
        return null;
    }

    /// <summary>Elements with their paths; none when the key is missing or null.</summary>
    public IEnumerable<(JsonElement Element, string Path)> List(string key)
    {
        if (Find(key) is not { } value) yield break;
        if (value.ValueKind != JsonValueKind.Array)
        {
            problems.Error("bad_value", At(key), Shown(value), "a list is wanted", "Write [ ... ]");
            yield break;
        }

        var index = 0;
        foreach (var element in value.EnumerateArray())
            yield return (element, string.Create(CultureInfo.InvariantCulture, $"{At(key)}[{index++}]"));
    }

    public DocumentObject? Object(string key) => Find(key) is { } value ? Open(value, At(key), problems) : null;

    /// <summary>Warns about keys that nobody asked for.</summary>
    public void Close()
    {
        foreach (var key in values.Keys.Where(key => !asked.Contains(key)))
        {
            var meant = asked.FirstOrDefault(known => Folded(known) == Folded(key));
            problems.Warning(
                "unknown_key", At(key), null, "the key is not known and is ignored",
                meant is null ? "Remove it, or correct its spelling" : $"Did you mean '{meant}'?");
        }
    }

    public static string Shown(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.Object => "{...}",
        JsonValueKind.Array => "[...]",
        _ => element.GetRawText(),
    };

    /// <summary>Every pair with a string value; others are reported.</summary>
    public IEnumerable<KeyValuePair<string, string>> Pairs()
    {
        foreach (var key in values.Keys)
        {
            if (Text(key) is { } value) yield return KeyValuePair.Create(key, value);
        }
    }

    public JsonElement? Find(string key)
    {
        asked.Add(key);
        return values.TryGetValue(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private static string Folded(string key) =>
        key.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();
}
