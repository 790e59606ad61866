using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Romana.Cloud.Topologies;

/// <summary>
/// One YAML document as JSON with the same keys, event by event: no depth of nesting needs a stack. Plain scalars are read
/// by the YAML 1.2 core schema, so `yes`, `1:30` and dates stay text. Aliases, tags and a second document are refused.
/// </summary>
internal static partial class YamlJson
{
    /// <summary>More than any topology; the writer keeps one bit per level.</summary>
    private const int DepthLimit = 900;

    /// <exception cref="YamlException">Broken YAML, or YAML that JSON cannot say; Start is the place.</exception>
    public static string Convert(string yaml)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = false }))
        {
            var parser = new Parser(new StringReader(yaml));
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _)) throw new YamlException(Mark.Empty, Mark.Empty, "the file is empty");
            parser.Consume<DocumentStart>();
            Write(parser, writer);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out var end))
                throw new YamlException(parser.Current!.Start, parser.Current.End, "a second document begins here, and one is read");
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Parser parser, Utf8JsonWriter writer)
    {
        // Of each open collection: true while a mapping waits for a key.
        var open = new Stack<bool?>();
        do
        {
            var current = parser.Consume<ParsingEvent>();
            var isKey = open.TryPeek(out var wantsKey) && wantsKey == true;
            if (isKey && current is not (Scalar or MappingEnd)) throw Refused(current, "a key must be plain text");
            switch (current)
            {
                case MappingStart:
                    writer.WriteStartObject();
                    Open(open, true, current);
                    continue;
                case SequenceStart:
                    writer.WriteStartArray();
                    Open(open, null, current);
                    continue;
                case MappingEnd:
                    writer.WriteEndObject();
                    open.Pop();
                    break;
                case SequenceEnd:
                    writer.WriteEndArray();
                    open.Pop();
                    break;
                case Scalar key when isKey:
                    writer.WritePropertyName(key.Value);
                    break;
                case Scalar scalar:
                    Value(writer, scalar);
                    break;
                default:
                    throw Refused(current, "YAML aliases are not read: write the value out");
            }

            // A key was read, or a key's value is complete.
            if (open.TryPop(out var state)) open.Push(state is null ? null : !state);
        }
        while (open.Count > 0);
    }

    private static void Open(Stack<bool?> open, bool? state, ParsingEvent at)
    {
        if (open.Count == DepthLimit) throw Refused(at, $"the document nests more than {DepthLimit} deep");
        open.Push(state);
    }

    private static void Value(Utf8JsonWriter writer, Scalar scalar)
    {
        if (scalar.Style != ScalarStyle.Plain) writer.WriteStringValue(scalar.Value);
        else if (scalar.Value is "" or "~" or "null" or "Null" or "NULL") writer.WriteNullValue();
        else if (scalar.Value is "true" or "True" or "TRUE") writer.WriteBooleanValue(true);
        else if (scalar.Value is "false" or "False" or "FALSE") writer.WriteBooleanValue(false);
        else if (Integer().IsMatch(scalar.Value)) writer.WriteRawValue(BigInteger.Parse(scalar.Value, CultureInfo.InvariantCulture).ToString());
        else if (Fraction().IsMatch(scalar.Value) && double.TryParse(scalar.Value, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            writer.WriteNumberValue(number);
        else writer.WriteStringValue(scalar.Value);
    }

    private static YamlException Refused(ParsingEvent at, string message) => new(at.Start, at.End, message);

    /// <summary>Longer digit strings are text: nothing in a topology counts so far, and parsing them takes quadratic time.</summary>
    [GeneratedRegex("^[-+]?[0-9]{1,40}\\z")]
    private static partial Regex Integer();

    [GeneratedRegex("^[-+]?([0-9]{1,40}\\.[0-9]{0,40}|\\.[0-9]{1,40}|[0-9]{1,40})([eE][-+]?[0-9]{1,4})?\\z")]
    private static partial Regex Fraction();
}
