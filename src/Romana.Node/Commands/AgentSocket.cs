using System.Net.Sockets;

namespace Romana.Node.Commands;

/// <summary>Asks the running agent.</summary>
internal static class AgentSocket
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5), LongLimit = TimeSpan.FromMinutes(2);

    /// <exception cref="IOException">No agent answers there. Message: what, where, remedy.</exception>
    public static Task<string> GetAsync(string socket, string page, CancellationToken cancel) => AskAsync(socket, HttpMethod.Get, page, Limit, cancel);

    /// <summary>Has it do something, which may take its time.</summary>
    /// <exception cref="IOException">As of <see cref="GetAsync"/>.</exception>
    public static Task<string> PostAsync(string socket, string page, CancellationToken cancel) => AskAsync(socket, HttpMethod.Post, page, LongLimit, cancel);

    private static async Task<string> AskAsync(string socket, HttpMethod method, string page, TimeSpan most, CancellationToken cancel)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), stop).ConfigureAwait(false);
                    return new NetworkStream(connection, ownsSocket: true);
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            },
        };
        using var client = new HttpClient(handler) { BaseAddress = new Uri("http://agent"), Timeout = most };
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(page, UriKind.Relative));
            using var reply = await client.SendAsync(request, cancel).ConfigureAwait(false);
            reply.EnsureSuccessStatusCode();
            return await reply.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is HttpRequestException || fault is TaskCanceledException && !cancel.IsCancellationRequested)
        {
            throw new IOException($"no agent answers on {socket}: start it with 'romana-node agent', or name its socket with --socket", fault);
        }
    }
}
