using System.Net.Sockets;
using System.Text;

namespace Romana.Cni;

/// <summary>
/// One HTTP/1.1 request over the agent's Unix socket. HttpClient would triple the program. The agent says "100 Continue"
/// as soon as it takes the request up, so one that hangs is told from one that has much to do. All of it waits in the
/// calling thread: the threads of asynchronous sockets would take longer to start than the rest of the program to run.
/// </summary>
internal sealed class AgentConnection(string socket, TimeProvider clock)
{
    /// <summary>An agent that is restarted is back within it; an answer is due within two seconds.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.6);

    /// <summary>For the work itself, once it was taken up.</summary>
    public static readonly TimeSpan ForTheWork = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    public AgentReply Ask(AgentRequest request)
    {
        var patience = new Deadline(Patience, clock);
        try
        {
            using var agent = Connect(patience);
            if (agent is null) return new AgentReply.Away($"nothing listens on {socket}");

            // Never with the body: a server that has it already says nothing before its answer.
            Send(agent, request.Head.Span);
            var first = HttpReply.Read(agent, patience);
            if (first.Status != 100) return Judge(first);
            var work = new Deadline(ForTheWork, clock);
            agent.SendTimeout = (int)ForTheWork.TotalMilliseconds;
            Send(agent, request.Body.Span);
            return Judge(HttpReply.Read(agent, work));
        }
        catch (TimeoutException)
        {
            return new AgentReply.Away($"the agent behind {socket} took too long");
        }
        catch (Exception fault) when (fault is SocketException or IOException or FormatException or ArgumentException)
        {
            return new AgentReply.Away($"{socket}: {Words(fault)}");
        }
    }

    /// <summary>Null: nobody listened all the while.</summary>
    private Socket? Connect(Deadline patience)
    {
        var end = new UnixDomainSocketEndPoint(socket);
        while (true)
        {
            // An agent that is stopped lets its queue run full, and then connect(2) waits as long as a send may.
            var agent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { SendTimeout = (int)Patience.TotalMilliseconds };
            try
            {
                agent.Connect(end);
                return agent;
            }
            catch (SocketException fault)
            {
                agent.Dispose();
                if (fault.SocketErrorCode == SocketError.AccessDenied) throw;
            }

            if (patience.IsOver) return null;
            Task.Delay(Again, clock).GetAwaiter().GetResult();
        }
    }

    private static void Send(Socket agent, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[agent.Send(bytes)..];
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
