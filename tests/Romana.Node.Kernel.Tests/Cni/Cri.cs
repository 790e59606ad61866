using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Romana.Node.Kernel.Tests.Cni;

/// <summary>
/// A message of protocol buffers, written by field numbers (k8s.io/cri-api, runtime/v1/api.proto): the few calls that a
/// kubelet makes for a pod need no generated client.
/// </summary>
internal sealed class Proto
{
    private readonly List<byte> _bytes = [];

    public Proto Text(int field, params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts) Bytes(field, Encoding.UTF8.GetBytes(text));
        return this;
    }

    public Proto Message(int field, Proto message) => Bytes(field, message.ToArray());

    public Proto Number(int field, ulong number)
    {
        Varint((ulong)field << 3);
        Varint(number);
        return this;
    }

    public byte[] ToArray() => [.. _bytes];

    /// <summary>Fields by number: texts and messages as they are, numbers as eight bytes.</summary>
    public static ILookup<int, byte[]> Read(ReadOnlySpan<byte> bytes)
    {
        var fields = new List<(int Field, byte[] Value)>();
        while (!bytes.IsEmpty)
        {
            var tag = Varint(ref bytes);
            var number = Varint(ref bytes);
            var length = (tag & 7) switch { 0 => 0, 2 => (int)number, var kind => throw new FormatException($"a field is of kind {kind}") };
            fields.Add(((int)(tag >> 3), length == 0 && (tag & 7) == 0 ? BitConverter.GetBytes(number) : bytes[..length].ToArray()));
            bytes = bytes[length..];
        }

        return fields.ToLookup(one => one.Field, one => one.Value);
    }

    private Proto Bytes(int field, byte[] bytes)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)bytes.Length);
        _bytes.AddRange(bytes);
        return this;
    }

    private void Varint(ulong number)
    {
        for (; number >= 0x80; number >>= 7) _bytes.Add((byte)(number | 0x80));
        _bytes.Add((byte)number);
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong number = 0;
        for (var shift = 0; ; shift += 7)
        {
            var one = bytes[0];
            bytes = bytes[1..];
            number |= (ulong)(one & 0x7f) << shift;
            if (one < 0x80) return number;
        }
    }
}

/// <summary>Calls of the container runtime interface: gRPC over HTTP/2 on a Unix socket.</summary>
internal sealed class Cri(string socket) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancel) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
            return new NetworkStream(connection, ownsSocket: true);
        },
    });

    /// <exception cref="InvalidOperationException">The runtime's own words.</exception>
    public async Task<ILookup<int, byte[]>> CallAsync(string method, Proto request)
    {
        var message = request.ToArray();
        var framed = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed, 5);
        using var call = new HttpRequestMessage(HttpMethod.Post, $"http://localhost/runtime.v1.RuntimeService/{method}")
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(framed),
        };
        call.Content.Headers.ContentType = new("application/grpc");
        call.Headers.TE.Add(new("trailers"));
        using var response = await _client.SendAsync(call, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var (status, words) = (Header(response, "grpc-status"), Header(response, "grpc-message"));
        return status == "0" ? Proto.Read(body.AsSpan(5)) : throw new InvalidOperationException($"{method}: {status} {Uri.UnescapeDataString(words ?? "")}");
    }

    public void Dispose() => _client.Dispose();

    private static string? Header(HttpResponseMessage response, string name) =>
        response.TrailingHeaders.TryGetValues(name, out var values) || response.Headers.TryGetValues(name, out values) ? values.First() : null;
}
