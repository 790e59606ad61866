using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Romana.Cloud.Api;

/// <summary>Who may ask: holders of the token, and on loopback only pages of this machine.</summary>
internal sealed class ApiGuard(RequestDelegate next, ApiSettings settings)
{
    private const string Scheme = "Bearer ";

    public async Task InvokeAsync(HttpContext context)
    {
        var refusal = Refusal(context.Request);
        if (refusal is null) await next(context);
        else await refusal.ExecuteAsync(context);
    }

    private ProblemHttpResult? Refusal(HttpRequest request)
    {
        // A web page that resolves its own name to 127.0.0.1 must not read us through somebody's browser.
        if (settings.Listen.IsLoopback && !IsLocal(request.Host.Host))
            return TypedResults.Problem($"the Host '{request.Host.Host}' is not this machine's loopback name", statusCode: 421, title: "Misdirected request");
        if (settings.Admits(Presented(request))) return null;
        request.HttpContext.Response.Headers.WWWAuthenticate = "Bearer";
        return TypedResults.Problem("send the token: Authorization: Bearer TOKEN", statusCode: 401, title: "Unauthorized");
    }

    private static string? Presented(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;
    }

    private static bool IsLocal(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (System.Net.IPAddress.TryParse(host.Trim('[', ']'), out var address) && System.Net.IPAddress.IsLoopback(address));
}
