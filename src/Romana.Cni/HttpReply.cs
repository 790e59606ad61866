using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Romana.Cni;

/// <summary>An HTTP/1.1 response with a Content-Length or none (RFC 9112): all that the agent ever sends.</summary>
internal readonly record struct HttpReply(int Status, ReadOnlyMemory<byte> Body)
{
    private const int MostHead = 8 * 1024;
    private const int MostBody = 4 << 20;

    /// <exception cref="IOException">The agent hung up.</exception>
    /// <exception cref="FormatException">That was no HTTP.</exception>
    /// <exception cref="TimeoutException"/>
    public static HttpReply Read(Socket agent, Deadline deadline)
    {
        var buffer = new byte[MostHead];
        var (have, end) = (0, -1);
        while (end < 0)
        {
            if (have == buffer.Length) throw new FormatException("the agent's reply has no end of its head");
            have += Receive(agent, buffer.AsSpan(have), deadline);
            end = buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8);
        }

        var (status, length) = Head(Encoding.ASCII.GetString(buffer, 0, end));
        var body = new byte[length];
        var there = Math.Min(have - end - 4, length);
        buffer.AsSpan(end + 4, there).CopyTo(body);
        while (there < length) there += Receive(agent, body.AsSpan(there), deadline);
        return new HttpReply(status, body);
    }

    internal static (int Status, int Length) Head(string head)
    {
        var lines = head.Split("\r\n");
        var words = lines[0].Split(' ');
        if (words.Length < 2 || !words[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(words[1], NumberStyles.None, null, out var status))
            throw new FormatException("the agent's reply is no HTTP/1.1");
        var length = 0;
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || !line.AsSpan(0, colon).Equals("Content-Length", StringComparison.OrdinalIgnoreCase)) continue;
            if (!int.TryParse(line.AsSpan(colon + 1).Trim(), NumberStyles.None, null, out length) || length > MostBody)
                throw new FormatException($"the agent's reply has the length{line[(colon + 1)..]}");
        }

        return (status, length);
    }

    private static int Receive(Socket agent, Span<byte> into, Deadline deadline)
    {
        deadline.AwaitWord(agent);
        var read = agent.Receive(into);
        return read > 0 ? read : throw new IOException("the agent hung up before it answered");
    }
}
