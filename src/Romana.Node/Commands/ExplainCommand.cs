using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Romana.Node.Explaining;
using Romana.Node.Linux;

namespace Romana.Node.Commands;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(Explanation))]
internal sealed partial class ExplainJson : JsonSerializerContext;

/// <summary>`romana-node explain`: asks the live kernel, not the agent, so it tells what is and not what shall be.</summary>
internal static class ExplainCommand
{
    public static Command Build(NodeSurroundings around)
    {
        var (from, to) = (Address("SRC", "Source of the packet: a pod's, this node's or another address"), Address("DST", "Destination, after any service's translation"));
        var port = new Argument<string?>("PORT") { Description = "TCP port that it is sent to", Arity = ArgumentArity.ZeroOrOne };
        var format = NodeOptions.Format("table", "json", "yaml");
        var command = new Command("explain", "Tells what this host does with a packet: interface, rule, table, next hop, zone, translation, verdict") { from, to, port, format };
        command.SetAction(async (parsed, _) =>
        {
            if (PacketQuestion.Parse(parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), parsed.GetValue(port), out var wrong) is not { } packet)
            {
                await around.Error.WriteLineAsync($"romana-node: {wrong}").ConfigureAwait(false);
                return ExitCode.BadInput;
            }

            using var kernel = new KernelExplaining(null);
            await around.Out.WriteAsync(Shown(kernel.Explain(packet), parsed.GetValue(format))).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    internal static string Shown(Explanation told, string? format)
    {
        if (format == "json") return JsonSerializer.Serialize(told, ExplainJson.Default.Explanation) + "\n";
        using var document = JsonSerializer.SerializeToDocument(told, ExplainJson.Default.Explanation);
        var lines = new StringBuilder();
        foreach (var field in document.RootElement.EnumerateObject())
        {
            if (format == "yaml") lines.Append(Yaml(field));
            else lines.Append(Row(field));
        }

        return lines.ToString();
    }

    /// <summary>A string of JSON is one of YAML as well (YAML 1.2, 1.3).</summary>
    private static string Yaml(JsonProperty field) => field.Value.ValueKind != JsonValueKind.Array ? $"{field.Name}: {field.Value.GetRawText()}\n"
        : field.Value.GetArrayLength() == 0 ? $"{field.Name}: []\n"
        : $"{field.Name}:\n" + string.Concat(field.Value.EnumerateArray().Select(item => $"- {item.GetRawText()}\n"));

    private static string Row(JsonProperty field) => field.Value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.Array => string.Concat(field.Value.EnumerateArray().Select(item => $"{"note",-13}{item.GetString()}\n")),
        _ => $"{field.Name,-13}{(field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString() : field.Value.GetRawText())}\n",
    };

    private static Argument<string> Address(string name, string description) => new(name) { Description = description };
}
