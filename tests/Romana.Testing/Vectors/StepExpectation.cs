using System.Text.Json.Nodes;
using Romana.Ipam.Addressing;
using Xunit;

namespace Romana.Testing.Vectors;

/// <summary>Compares one answer of `ipam replay` with what a vector's step wants of it.</summary>
public static class StepExpectation
{
    /// <param name="names">Address names given so far and their addresses, for `differs_from`.</param>
    public static void Check(JsonObject step, JsonObject answer, Dictionary<string, string> names, string where)
    {
        if (answer["ip"] is { } given && step["name"] is { } called) names[(string)called!] = (string)given!;
        if (step["strict"] is { } strict && !(bool)strict)
        {
            CheckProperty(step["property"] as JsonObject ?? [], answer, names, where);
            return;
        }

        if (step["expect"] is not JsonObject expected) return;
        var wantsOk = expected["ok"] is { } ok ? (bool)ok! : expected["error"] is null;
        Assert.True((bool)answer["ok"]! == wantsOk, $"{where}: {answer.ToJsonString()}");
        foreach (var (key, value) in expected)
        {
            if (key == "groups" && value is JsonArray groups) CheckGroups(groups, answer["groups"]!.AsArray(), where);
            else VectorFiles.AssertCovers(value, answer[key], $"{where}.{key}");
        }
    }

    /// <summary>Rows of `group_hosts` are found by their path.</summary>
    private static void CheckGroups(JsonArray wanted, JsonArray groups, string where)
    {
        foreach (var row in wanted)
        {
            var found = groups.SingleOrDefault(group => JsonNode.DeepEquals(group!["path"], row!["path"]));
            VectorFiles.AssertCovers(row, found, $"{where} group {row!["path"]!.ToJsonString()}");
        }
    }

    private static void CheckProperty(JsonObject property, JsonObject answer, Dictionary<string, string> names, string where)
    {
        foreach (var (key, value) in property)
        {
            switch (key)
            {
                case "in":
                    Assert.True(Inside(answer, (string)value!), $"{where}: {answer.ToJsonString()}");
                    break;
                case "in_any":
                    Assert.True(value!.AsArray().Any(cidr => Inside(answer, (string)cidr!)), $"{where}: {answer.ToJsonString()}");
                    break;
                case "not_in":
                    Assert.True((bool)answer["ok"]! && !Inside(answer, (string)value!), $"{where}: {answer.ToJsonString()}");
                    break;
                case "differs_from":
                    Assert.NotEqual(names[(string)value!], (string)answer["ip"]!);
                    break;
                case "any_error":
                    Assert.False((bool)answer["ok"]!, $"{where}: {answer.ToJsonString()}");
                    break;
                case "in_use":
                    var used = answer["blocks"]!.AsArray().Where(block => (int)block!["allocated_ip_count"]! > 0).Select(block => (string)block!["cidr"]!);
                    Assert.Equal(value!.AsArray().Select(cidr => (string)cidr!).Order(StringComparer.Ordinal), used.Order(StringComparer.Ordinal));
                    break;
                default:
                    Assert.Equal("text", key);
                    break;
            }
        }
    }

    private static bool Inside(JsonObject answer, string cidr) =>
        answer["ip"] is { } ip && Cidr.Parse(cidr).Contains(IpAddress.Parse((string)ip!));
}
