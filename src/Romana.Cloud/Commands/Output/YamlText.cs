using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Romana.Cloud.Commands.Output;

/// <summary>A JSON value as block-style YAML with the same keys; strings that would read as something else are quoted.</summary>
internal static class YamlText
{
    public static void Write(TextWriter writer, JsonNode? node)
    {
        var emitter = new Emitter(writer, new EmitterSettings().WithIndentedSequences());
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, node);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
    }

    private static void Emit(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, members.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var (name, value) in members)
                {
                    emitter.Emit(Text(name));
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray items:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, items.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in items) Emit(emitter, item);
                emitter.Emit(new SequenceEnd());
                break;
            case null:
                emitter.Emit(new Scalar("null"));
                break;
            default:
                emitter.Emit(node.GetValueKind() == JsonValueKind.String ? Text(node.GetValue<string>()) : new Scalar(node.ToJsonString()));
                break;
        }
    }

    private static Scalar Text(string text) =>
        new(AnchorName.Empty, TagName.Empty, text, ReadsAsOther(text) ? ScalarStyle.DoubleQuoted : ScalarStyle.Any, true, true);

    /// <summary>Numbers, booleans and null in YAML 1.1 and 1.2; a leading digit covers sexagesimal "1:30" and dates as well.</summary>
    private static bool ReadsAsOther(string text) =>
        text.Length == 0 || text is "~" or "=" or "<<"
        || ((char.IsAsciiDigit(text[0]) || text[0] is '.' or '+' or '-') && !text.Contains('/', StringComparison.Ordinal))
        || Words.Contains(text);

    private static readonly HashSet<string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        "null", "true", "false", "yes", "no", "on", "off", "y", "n",
    };
}
