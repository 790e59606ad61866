using System.Text;
using System.Text.Json;

namespace Romana.Cni.Tests;

/// <summary>The plugin in this process, with an environment of its own.</summary>
internal static class Run
{
    public static readonly IReadOnlyDictionary<string, string> Usual = new Dictionary<string, string>
    {
        ["CNI_CONTAINERID"] = "pod-1",
        ["CNI_NETNS"] = "/run/netns/pod-1",
        ["CNI_IFNAME"] = "eth0",
        ["CNI_ARGS"] = "K8S_POD_NAME=web;K8S_POD_NAMESPACE=shop;IgnoreUnknown=1",
    };

    public static string Configuration(string socket, string version = "1.1.0") =>
        $$"""{"cniVersion": "{{version}}", "name": "romana", "type": "romana-cni", "agentSocket": "{{socket}}"}""";

    public static Task<Answer> Async(
        string command, string input, IReadOnlyDictionary<string, string>? environment = null, TimeProvider? clock = null, TextWriter? log = null) =>
        Async(command, Encoding.UTF8.GetBytes(input), environment, clock, log);

    public static async Task<Answer> Async(
        string command, byte[] input, IReadOnlyDictionary<string, string>? environment = null, TimeProvider? clock = null, TextWriter? log = null)
    {
        string? Of(string name) => name == "CNI_COMMAND" ? command : (environment ?? Usual).GetValueOrDefault(name);
        using var stream = new MemoryStream(input);
        // It waits in a thread of its own, and a test goes on meanwhile.
        return await Task.Factory.StartNew(() => new Plugin(Of, clock ?? TimeProvider.System).Run(stream, (log ?? TextWriter.Null).WriteLine),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Code, message and details of an error answer; fails if it is none.</summary>
    public static (int Code, string Message, string Details, string Version) Error(this Answer answer)
    {
        Assert.Equal(1, answer.ExitCode);
        var json = JsonDocument.Parse(answer.Text).RootElement;
        return (json.GetProperty("code").GetInt32(), json.GetProperty("msg").GetString()!,
            json.GetProperty("details").GetString()!, json.GetProperty("cniVersion").GetString()!);
    }
}
