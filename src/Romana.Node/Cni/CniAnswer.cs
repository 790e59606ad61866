using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Romana.Node.Cni;

/// <summary>An answer as it goes over the socket: the plugin prints the text as it is.</summary>
/// <param name="Status">200: a result or nothing. 422: an error of the specification.</param>
internal readonly record struct CniAnswer(int Status, ReadOnlyMemory<byte> Text)
{
    /// <summary>The specification's; 0: none.</summary>
    public int Code { get; init; }

    public const int Success = 200;
    public const int Failure = 422;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>DEL, CHECK, GC and STATUS say nothing when all is well.</summary>
    public static readonly CniAnswer Empty = new(Success, ReadOnlyMemory<byte>.Empty);

    public static CniAnswer Of(CniResult result, string version)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Plain)) result.Write(json, version);
        return new CniAnswer(Success, buffer.WrittenMemory);
    }

    /// <summary>STATUS of a host that serves pods, but not of every network: a runtime looks at the exit code alone, people at the words.</summary>
    public static CniAnswer OfStatus(IReadOnlyCollection<string> refused, string version)
    {
        if (refused.Count == 0) return Empty;
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("cniVersion", version);
            json.WriteStartArray("refused");
            foreach (var why in refused) json.WriteStringValue(why);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return new CniAnswer(Success, buffer.WrittenMemory);
    }

    public static CniAnswer Of(CniException fault, string version)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("cniVersion", version);
            json.WriteNumber("code", fault.Code);
            json.WriteString("msg", fault.Message);
            json.WriteString("details", fault.Details);
            json.WriteEndObject();
        }

        return new CniAnswer(Failure, buffer.WrittenMemory) { Code = fault.Code };
    }
}
