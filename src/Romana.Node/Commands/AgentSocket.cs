using System.Net.Sockets;

namespace Romana.Node.Commands;

/// <summary>Asks the running agent.</summary>
internal static class AgentSocket
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <exception cref="IOException">No agent answers there. Message: what, where, remedy.</exception>
    public static async Task<string> GetAsync(string socket, string page, CancellationToken cancel)
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
        using var client = new HttpClient(handler) { BaseAddress = new Uri("http://agent"), Timeout = Limit };
        try
        {
            return await client.GetStringAsync(new Uri(page, UriKind.Relative), cancel).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is HttpRequestException || fault is TaskCanceledException && !cancel.IsCancellationRequested)
        {
            throw new IOException($"no agent answers on {socket}: start it with 'romana-node agent', or name its socket with --socket", fault);
        }
    }
}
