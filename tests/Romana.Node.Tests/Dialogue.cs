using System.Runtime.InteropServices;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Tests;

/// <summary>A dialogue with the kernel, recorded (Vectors/README.md).</summary>
internal sealed record Dialogue(string Command, byte[] Request, IReadOnlyList<byte[]> Answers)
{
    public static Dialogue Read(string name)
    {
        var lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Vectors", name + ".hex"));
        var parts = new List<(string Sign, string Hex)>();
        foreach (var line in lines.Skip(1))
        {
            if (line is ">" or "<") parts.Add((line, ""));
            else parts[^1] = (parts[^1].Sign, parts[^1].Hex + line);
        }

        var bytes = parts.ConvertAll(part => Convert.FromHexString(part.Hex));
        return new Dialogue(lines[0][2..], bytes[0], bytes[1..]);
    }

    public static IReadOnlyList<T> Decode<T>(string name, MessageDecoder<T> decode)
        where T : class
    {
        var reply = new Reply<T>(1, decode);
        foreach (var answer in Read(name).Answers) reply.Take(answer);
        Assert.Null(reply.Fault);
        Assert.Null(reply.Failure);
        return reply.Items;
    }

    /// <summary>For what no kernel sends.</summary>
    public static byte[] Message(ushort type, ushort flags, ReadOnlySpan<byte> body)
    {
        var message = new byte[MessageHeader.Size + body.Length];
        MemoryMarshal.Write(message, new MessageHeader((uint)message.Length, type, flags, 1, 0));
        body.CopyTo(message.AsSpan(MessageHeader.Size));
        return message;
    }
}
