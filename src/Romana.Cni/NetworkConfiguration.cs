using System.Text.Json;

namespace Romana.Cni;

/// <summary>The two words of the configuration that the plugin itself needs; the agent reads the rest.</summary>
/// <param name="Version">`cniVersion`; empty when there is none.</param>
/// <param name="Socket">`agentSocket`: where the agent listens.</param>
internal sealed record NetworkConfiguration(string Version, string Socket, ReadOnlyMemory<byte> Text)
{
    public const string UsualSocket = "/run/romana/cni.sock";

    /// <summary>No real configuration comes near it; a runtime that sends more is broken.</summary>
    public const int MostBytes = 4 << 20;

    /// <summary>prevResult and capability arguments nest a few levels.</summary>
    private const int MostDepth = 64;

    public static NetworkConfiguration? Read(ReadOnlyMemory<byte> text, out CniError? error)
    {
        try
        {
            var (version, socket) = ("", UsualSocket);
            var json = new Utf8JsonReader(text.Span, new JsonReaderOptions { MaxDepth = MostDepth });
            json.Read();
            if (json.TokenType != JsonTokenType.StartObject) throw new JsonException("it is no object");
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("cniVersion")) version = Word(ref json, "cniVersion");
                else if (json.ValueTextEquals("agentSocket")) socket = Word(ref json, "agentSocket");
                else json.Skip();
            }

            // What follows the object is refused as well.
            if (json.Read()) throw new JsonException("something follows the object");
            error = null;
            return new NetworkConfiguration(version, socket, text);
        }
        catch (JsonException fault)
        {
            error = Undecodable(text.Length, fault.LineNumber is { } line
                ? $"line {line + 1}, byte {fault.BytePositionInLine + 1} breaks JSON's rules" : fault.Message);
            return null;
        }
        catch (InvalidOperationException)
        {
            error = Undecodable(text.Length, "a text in it is not UTF-8");
            return null;
        }
    }

    private static CniError Undecodable(int length, string why) => new(CniCode.Undecodable, "the network configuration is not JSON",
        $"standard input, {length} bytes: {why}: see the files in /etc/cni/net.d");

    private static string Word(ref Utf8JsonReader json, string key)
    {
        json.Read();
        return json.TokenType == JsonTokenType.String ? json.GetString()! : throw new JsonException($"'{key}' is no text");
    }
}
