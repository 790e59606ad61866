using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Romana.Cni;

/// <summary>What the agent is sent: the environment's words and the configuration as it came, in one JSON object.</summary>
internal sealed record AgentRequest(ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Body)
{
    public static AgentRequest Of(CniCall call, NetworkConfiguration configuration)
    {
        var body = new ArrayBufferWriter<byte>(configuration.Text.Length + 512);
        using (var json = new Utf8JsonWriter(body, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteString("command", call.Command.ToString().ToUpperInvariant());
            json.WriteString("containerId", call.ContainerId);
            json.WriteString("netns", call.NetworkNamespace);
            json.WriteString("ifname", call.Interface);
            json.WriteString("args", call.Arguments);
            json.WritePropertyName("config");

            // It was read as JSON before: once is enough.
            json.WriteRawValue(configuration.Text.Span, skipInputValidation: true);
            json.WriteEndObject();
        }

        var head = $"POST /cni HTTP/1.1\r\nHost: romana-node\r\nContent-Type: application/json\r\nContent-Length: {body.WrittenCount}\r\n"
            + "Expect: 100-continue\r\nConnection: close\r\n\r\n";
        return new AgentRequest(Encoding.ASCII.GetBytes(head), body.WrittenMemory);
    }
}

internal abstract record AgentReply
{
    private AgentReply() { }

    /// <param name="Text">A result or an error of the CNI specification, in the version asked for.</param>
    public sealed record Answered(bool IsError, string Text) : AgentReply;

    /// <summary>It may or may not have done what it was asked.</summary>
    public sealed record Away(string Reason) : AgentReply;
}
