using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Romana.Node.Cni;

/// <summary>
/// The agent's end of decision 0027: POST /cni on a Unix socket that only root may open. "100 Continue" goes out when
/// the body is asked for, which is how the plugin tells a busy agent from one that hangs.
/// </summary>
internal sealed class AttachmentServer : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int MostBytes = 8 << 20;
    private readonly WebApplication _web;
    private readonly string _socket;

    private AttachmentServer(WebApplication web, string socket) => (_web, _socket) = (web, socket);

    /// <summary>Finishes the DELs that came while no agent was there, then listens.</summary>
    /// <exception cref="IOException">Another agent listens there, or the folder cannot be written.</exception>
    /// <param name="more">Further pages on the same socket.</param>
    public static async Task<AttachmentServer> StartAsync(
        string socket, Attachments attachments, ILoggerProvider? logs, CancellationToken cancel, Action<WebApplication>? more = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(socket)!, OwnerOnly | UnixFileMode.UserExecute);
        await attachments.FinishPendingAsync(cancel).ConfigureAwait(false);
        if (File.Exists(socket))
        {
            if (await IsAnsweredAsync(socket, cancel).ConfigureAwait(false)) throw new IOException($"another agent listens on {socket}: stop it first");
            File.Delete(socket);
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (logs is not null) builder.Logging.AddProvider(logs).SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = MostBytes;
            kestrel.ListenUnixSocket(socket);
        });
        var web = builder.Build();
        web.MapPost("/cni", (RequestDelegate)(context => AnswerAsync(context, attachments)));
        more?.Invoke(web);
        await web.StartAsync(cancel).ConfigureAwait(false);
        File.SetUnixFileMode(socket, OwnerOnly);
        return new AttachmentServer(web, socket);
    }

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync().ConfigureAwait(false);
        File.Delete(_socket);
    }

    private static async Task AnswerAsync(HttpContext context, Attachments attachments)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted).ConfigureAwait(false);
        CniAnswer answer;
        try
        {
            // A plugin that is killed does not stop the work: half a pod would be left.
            var request = CniRequest.Read(body.GetBuffer().AsMemory(0, (int)body.Length));
            answer = await attachments.AnswerAsync(request, CancellationToken.None).ConfigureAwait(false);
        }
        catch (CniException fault)
        {
            answer = CniAnswer.Of(fault, "1.1.0");
        }

        context.Response.StatusCode = answer.Status;
        context.Response.ContentLength = answer.Text.Length;
        await context.Response.Body.WriteAsync(answer.Text, CancellationToken.None).ConfigureAwait(false);
    }

    private static async Task<bool> IsAnsweredAsync(string socket, CancellationToken cancel)
    {
        using var probe = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        try
        {
            await probe.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(socket), cancel).ConfigureAwait(false);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
