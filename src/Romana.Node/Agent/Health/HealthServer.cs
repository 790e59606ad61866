using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Romana.Node.Agent.Health;

/// <summary>
/// /healthz, /readyz and /metrics over HTTP, by default on loopback. A server of its own beside the plugin's: whoever reaches a
/// TCP port is not root, and here there is nothing to ask for but these.
/// </summary>
internal static partial class HealthServer
{
    /// <summary>Pods come before pages: where these cannot be served the agent says so and goes on.</summary>
    /// <param name="at">Null: nowhere.</param>
    public static async Task<IAsyncDisposable?> TryStartAsync(IPEndPoint? at, Func<string?> whyNotReady, MetricsText metrics, ILogger log, CancellationToken cancel)
    {
        try
        {
            return at is null ? null : await StartAsync(at, whyNotReady, metrics, cancel).ConfigureAwait(false);
        }
        catch (IOException fault)
        {
            LogNotServed(log, fault.Message);
            return null;
        }
    }

    /// <exception cref="IOException">The address is taken, or is none of this machine's. Message: what, remedy.</exception>
    public static async Task<IAsyncDisposable> StartAsync(IPEndPoint at, Func<string?> whyNotReady, MetricsText metrics, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(at));
        var web = builder.Build();
        string[] methods = ["GET", "HEAD"];
        web.MapMethods("/healthz", methods, (RequestDelegate)(context => WriteAsync(context, StatusCodes.Status200OK, "ok\n")));
        web.MapMethods("/readyz", methods, (RequestDelegate)(context => whyNotReady() is { } why
            ? WriteAsync(context, StatusCodes.Status503ServiceUnavailable, why + "\n") : WriteAsync(context, StatusCodes.Status200OK, "ready\n")));
        web.MapMethods("/metrics", methods, (RequestDelegate)(context => WriteAsync(context, StatusCodes.Status200OK, metrics.Read(), "text/plain; version=0.0.4; charset=utf-8")));

        try
        {
            await web.StartAsync(cancel).ConfigureAwait(false);
            return web;
        }
        catch (Exception fault) when (fault is IOException or System.Net.Sockets.SocketException)
        {
            await web.DisposeAsync().ConfigureAwait(false);
            throw new IOException($"/healthz and /metrics cannot be served on {at} ({fault.Message}): name another address with --listen, or none with '--listen none'", fault);
        }
    }

    private static Task WriteAsync(HttpContext context, int status, string text, string type = "text/plain; charset=utf-8")
    {
        (context.Response.StatusCode, context.Response.ContentType) = (status, type);
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(text, context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Why}")]
    private static partial void LogNotServed(ILogger log, string why);
}
