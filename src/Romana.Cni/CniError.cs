using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Romana.Cni;

/// <summary>Well-known codes of the CNI specification, section 5 "Error".</summary>
internal static class CniCode
{
    public const int IncompatibleVersion = 1;
    public const int InvalidEnvironment = 4;
    public const int InputOutput = 5;
    public const int Undecodable = 6;
    public const int TryAgainLater = 11;
    public const int NotAvailable = 50;
}

/// <summary>What is printed instead of a result: code, a short message, and details with the remedy.</summary>
internal sealed record CniError(int Code, string Message, string Details)
{
    /// <summary>A terminal shows it, no web page.</summary>
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Answer In(string version)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("cniVersion", version);
            json.WriteNumber("code", Code);
            json.WriteString("msg", Message);
            json.WriteString("details", Details);
            json.WriteEndObject();
        }

        return new Answer(1, Encoding.UTF8.GetString(buffer.WrittenSpan) + "\n");
    }
}

/// <summary>The whole of standard output, and the exit code.</summary>
internal readonly record struct Answer(int ExitCode, string Text)
{
    public static readonly Answer Empty = new(0, "");
}
