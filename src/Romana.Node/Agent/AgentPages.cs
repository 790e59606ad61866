using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Romana.Node.Agent;

/// <param name="Waiting">Why pods cannot be served; null: they can.</param>
/// <param name="Troubles">What the newest look at the kernel could not plan or make.</param>
/// <param name="KernelWrites">Requests for a change since the agent began; it stands still while nothing changes.</param>
/// <param name="KernelLooks">Looks at the kernel that ended since the agent began.</param>
internal sealed record StatusPage(string Version, string? Waiting, IReadOnlyList<string> Troubles, long KernelWrites, long KernelLooks, int Attachments);

internal sealed record AttachmentLine(string Container, string Interface, string Address, string Owner);

/// <param name="Trouble">Why it is still there; null: it is gone, or would go.</param>
internal sealed record CollectedLine(string Container, string Interface, IReadOnlyList<string> Addresses, string? Trouble);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StatusPage))]
[JsonSerializable(typeof(List<AttachmentLine>))]
[JsonSerializable(typeof(List<CollectedLine>))]
internal sealed partial class PageJson : JsonSerializerContext;

/// <summary>What `romana-node status` and `romana-node attachments` ask on the agent's socket, which only root may open.</summary>
internal sealed class AgentPages(PodAddresses addresses, Readiness readiness, KernelLoop kernel, Collecting collecting)
{
    public const string Status = "/status", Attachments = "/attachments", Collect = "/gc", DryRun = "dry-run";

    public void Map(WebApplication web)
    {
        web.MapGet(Status, (RequestDelegate)(context => WriteAsync(context, JsonSerializer.Serialize(Page(), PageJson.Default.StatusPage))));
        web.MapGet(Attachments, (RequestDelegate)(context => WriteAsync(context, JsonSerializer.Serialize(Lines(), PageJson.Default.ListAttachmentLine))));
        web.MapPost(Collect, (RequestDelegate)CollectAsync);
    }

    private async Task CollectAsync(HttpContext context)
    {
        // Whoever asked may go: what was begun is ended.
        var collected = await collecting.RunAsync(context.Request.Query.ContainsKey(DryRun), CancellationToken.None).ConfigureAwait(false);
        List<CollectedLine> lines = [.. collected.Select(one => new CollectedLine(one.Key.ContainerId, one.Key.Interface, [.. one.Addresses.Select(address => address.ToString())], one.Trouble))];
        await WriteAsync(context, JsonSerializer.Serialize(lines, PageJson.Default.ListCollectedLine)).ConfigureAwait(false);
    }

    private StatusPage Page() => new(AgentVersion.Text, readiness.WhyNot(addresses.IsOpen), kernel.Last is { } word ? word.Troubles : [],
        kernel.Writes, kernel.Looks, addresses.All().Select(row => row.Key).Distinct().Count());

    private List<AttachmentLine> Lines() => [.. addresses.All().OrderBy(row => row.Address)
        .Select(row => new AttachmentLine(row.Key.ContainerId, row.Key.Interface, row.Address.ToString(), row.Owner?.ToString() ?? ""))];

    private static Task WriteAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
