using System.Net.Sockets;
using System.Text;

namespace Romana.Cni;

/// <summary>
/// One HTTP/1.1 request over the agent's Unix socket. HttpClient would triple the program. The agent says "100 Continue"
/// as soon as it takes the request up, so one that hangs is told from one that has much to do.
/// </summary>
internal sealed class AgentConnection(string socket, TimeProvider clock)
{
    /// <summary>An agent that is restarted is back within it; an answer is due within two seconds.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.6);

    /// <summary>For the work itself, once it was taken up.</summary>
    public static readonly TimeSpan ForTheWork = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    public async Task<AgentReply> AskAsync(AgentRequest request)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        try
        {
            using var agent = await ConnectAsync(patience.Token).ConfigureAwait(false);
            if (agent is null) return new AgentReply.Away($"nothing listens on {socket}");
            await SendAsync(agent, request.Head, patience.Token).ConfigureAwait(false);
            var first = await HttpReply.ReadAsync(agent, patience.Token).ConfigureAwait(false);
            if (first.Status != 100) return Judge(first);
            using var work = new CancellationTokenSource(ForTheWork, clock);
            await SendAsync(agent, request.Body, work.Token).ConfigureAwait(false);
            return Judge(await HttpReply.ReadAsync(agent, work.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            return new AgentReply.Away($"the agent behind {socket} took too long");
        }
        catch (Exception fault) when (fault is SocketException or IOException or FormatException or ArgumentException)
        {
            return new AgentReply.Away($"{socket}: {Words(fault)}");
        }
    }

    /// <summary>Null: nobody listened all the while.</summary>
    private async Task<Socket?> ConnectAsync(CancellationToken cancel)
    {
        var end = new UnixDomainSocketEndPoint(socket);
        while (true)
        {
            var agent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await agent.ConnectAsync(end, cancel).ConfigureAwait(false);
                return agent;
            }
            catch (Exception fault) when (fault is SocketException or OperationCanceledException)
            {
                agent.Dispose();
                if (fault is SocketException { SocketErrorCode: SocketError.AccessDenied }) throw;
            }

            try
            {
                await Task.Delay(Again, clock, cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
        }
    }

    private static async Task SendAsync(Socket agent, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        while (!bytes.IsEmpty) bytes = bytes[await agent.SendAsync(bytes, SocketFlags.None, cancel).ConfigureAwait(false)..];
    }

    private static AgentReply Judge(HttpReply reply) => reply.Status switch
    {
        200 => new AgentReply.Answered(false, Encoding.UTF8.GetString(reply.Body.Span)),
        422 => new AgentReply.Answered(true, Encoding.UTF8.GetString(reply.Body.Span)),
        _ => new AgentReply.Away($"the agent answered with HTTP status {reply.Status}"),
    };

    private static string Words(Exception fault) => fault switch
    {
        SocketException { SocketErrorCode: SocketError.AccessDenied } => "no permission: only root may ask the agent",
        SocketException known => known.SocketErrorCode.ToString(),
        _ => fault.Message,
    };
}
