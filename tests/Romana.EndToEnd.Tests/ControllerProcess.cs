using System.Net;
using System.Text.Json;

namespace Romana.EndToEnd.Tests;

/// <summary>`romana controller` as a process, and its API.</summary>
internal sealed class ControllerProcess : IDisposable
{
    private readonly HttpClient _client = new();

    private ControllerProcess(RomanaProcess process) => Process = process;

    public RomanaProcess Process { get; }

    /// <param name="folder">Of the store and of the topology document.</param>
    public static ControllerProcess Start(Rig rig, string folder, params string[] more)
    {
        var topology = Path.Combine(folder, "topology.json");
        File.WriteAllText(topology, rig.Topology);
        return new ControllerProcess(RomanaProcess.Start(rig, folder, "controller",
            ["--topology", topology, "--resync", "1", "--audit", "1", "--listen", "127.0.0.1:0", .. more]));
    }

    /// <summary>Until the process itself says that it is ready and has nothing left to do.</summary>
    public async Task SettledAsync(Rig rig)
    {
        var url = await UrlAsync();
        await rig.UntilAsync(() => IsSettledAsync(url).GetAwaiter().GetResult(), $"a settled controller: {Process.Errors}");
    }

    public async Task<Uri> UrlAsync() => new((await Process.SaysAsync("HTTP API on ")).Split("HTTP API on ")[1].Trim());

    public async Task<(HttpStatusCode Status, string Body)> GetAsync(string path)
    {
        using var reply = await _client.GetAsync(new Uri(await UrlAsync(), path), TestContext.Current.CancellationToken);
        return (reply.StatusCode, await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public void Dispose()
    {
        Process.Dispose();
        _client.Dispose();
    }

    private async Task<bool> IsSettledAsync(Uri url)
    {
        foreach (var path in (string[])["/readyz", "/v1/plan"])
        {
            using var reply = await _client.GetAsync(new Uri(url, path));
            if (!reply.IsSuccessStatusCode) return false;
        }

        using var plan = JsonDocument.Parse(await _client.GetStringAsync(new Uri(url, "/v1/plan")));
        using var blocks = JsonDocument.Parse(await _client.GetStringAsync(new Uri(url, "/v1/blocks")));
        var lent = blocks.RootElement.GetProperty("blocks").EnumerateArray().ToList();
        return plan.RootElement.GetProperty("changes").GetArrayLength() == 0
            && lent.Count > 0 && lent.All(block => block.GetProperty("routed").GetBoolean());
    }
}
