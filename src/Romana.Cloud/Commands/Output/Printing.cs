using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Romana.Cloud.Commands.Frame;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Commands.Output;

/// <summary>Prints a command's one result: the same value as JSON, as YAML, or through its tables.</summary>
public static class Printing
{
    /// <summary>Of all views: snake_case names, enums as lower-case words, null written out so that a field never disappears.</summary>
    public static readonly JsonSerializerOptions ViewJson = Make();

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            WriteIndented = true,
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new IpFamilyJsonConverter(), new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    /// <param name="json">Null for <see cref="ViewJson"/>.</param>
    public static void Print<T>(
        this Surroundings around, OutputFormat format, T value, Func<T, IEnumerable<TextTable>> tables, JsonSerializerOptions? json = null)
    {
        ArgumentNullException.ThrowIfNull(around);
        ArgumentNullException.ThrowIfNull(tables);
        switch (format)
        {
            case OutputFormat.Json:
                around.Out.WriteLine(JsonSerializer.Serialize(value, json ?? ViewJson));
                break;
            case OutputFormat.Yaml:
                YamlText.Write(around.Out, JsonSerializer.SerializeToNode(value, json ?? ViewJson));
                break;
            default:
                TableText.Write(around.Out, around.OutIsTerminal, tables(value));
                break;
        }
    }
}

/// <summary>"ipv4" and "ipv6"; the general rule would write "i_pv4".</summary>
internal sealed class IpFamilyJsonConverter : JsonConverter<IpFamily>
{
    public override IpFamily Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() switch
        {
            "ipv4" => IpFamily.IPv4,
            "ipv6" => IpFamily.IPv6,
            var other => throw new JsonException($"'{other}' is not a family: ipv4 or ipv6"),
        };

    public override void Write(Utf8JsonWriter writer, IpFamily value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value == IpFamily.IPv4 ? "ipv4" : "ipv6");
}
