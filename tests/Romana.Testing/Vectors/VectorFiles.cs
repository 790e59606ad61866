using System.Text.Json.Nodes;
using Xunit;

namespace Romana.Testing.Vectors;

/// <summary>The behaviour vectors of tests/vectors: one file, one case; a new file needs no new code.</summary>
public static class VectorFiles
{
    private static readonly string Root = Find();

    public static TheoryData<string> In(string folder) =>
        [.. Directory.GetFiles(Path.Combine(Root, folder), "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    public static string PathOf(string folder, string name) => Path.Combine(Root, folder, $"{name}.json");

    public static JsonObject Load(string folder, string name) =>
        JsonNode.Parse(File.ReadAllText(PathOf(folder, name)))!.AsObject();

    /// <summary>Every field that <paramref name="expected"/> names is there with that value; lists match in full.</summary>
    public static void AssertCovers(JsonNode? expected, JsonNode? actual, string where)
    {
        switch (expected)
        {
            case JsonObject fields:
                Assert.True(actual is JsonObject, $"{where}: {Show(actual)} is not an object");
                foreach (var (key, value) in fields) AssertCovers(value, actual[key], $"{where}.{key}");
                break;
            case JsonArray items:
                Assert.True(actual is JsonArray, $"{where}: {Show(actual)} is not a list");
                Assert.True(items.Count == actual.AsArray().Count, $"{where}: wanted {Show(items)}, got {Show(actual)}");
                for (var i = 0; i < items.Count; i++) AssertCovers(items[i], actual[i], $"{where}[{i}]");
                break;
            default:
                Assert.True(JsonNode.DeepEquals(expected, actual), $"{where}: wanted {Show(expected)}, got {Show(actual)}");
                break;
        }
    }

    private static string Show(JsonNode? node) => node?.ToJsonString() ?? "nothing";

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "tests", "vectors");
            if (Directory.Exists(candidate)) return candidate;
        }

        throw new DirectoryNotFoundException("tests/vectors is not above the test's folder");
    }
}
