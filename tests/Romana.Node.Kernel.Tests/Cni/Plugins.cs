using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Romana.Node.Linux.Namespaces;

namespace Romana.Node.Kernel.Tests.Cni;

/// <summary>What a plugin printed.</summary>
internal sealed record PluginAnswer(int ExitCode, string Output)
{
    public JsonNode Result => ExitCode == 0 ? JsonNode.Parse(Output)! : throw new InvalidOperationException(Output);

    public int Code => ExitCode == 0 ? 0 : JsonNode.Parse(Output)!["code"]!.GetValue<int>();
}

/// <summary>Plugins as a runtime starts them: the environment says what, standard input says how.</summary>
internal static class Plugins
{
    /// <summary>Where Debian's containernetworking-plugins are.</summary>
    public const string Debian = "/usr/lib/cni";

    public static string Folder { get; } = Path.Combine(Root(), "artifacts/cni",
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64");

    public static string Ours
    {
        get
        {
            var file = Path.Combine(Folder, "romana-cni");
            Assert.True(File.Exists(file), $"{file} is missing: make cni");
            return file;
        }
    }

    public static string OfDebian(string name)
    {
        var file = Path.Combine(Debian, name);
        Assert.True(File.Exists(file), $"{file} is missing: apt-get install containernetworking-plugins");
        return file;
    }

    /// <param name="host">The namespace that plays the node: others than ours work in the one they are started in.</param>
    public static Task<PluginAnswer> RunAsync(Sandbox host, string program, string command, string pod, string netns, JsonObject configuration, string arguments = "") =>
        RunAsync(host.Space, program, command, pod, netns, configuration, arguments);

    /// <inheritdoc cref="RunAsync(Sandbox, string, string, string, string, JsonObject, string)"/>
    public static Task<PluginAnswer> RunAsync(NetworkNamespace host, string program, string command, string pod, string netns, JsonObject configuration, string arguments = "") =>
        // Each on a thread of its own: the agent in this process must not wait for threads that wait for it.
        Task.Factory.StartNew(() => host.Run(() => Run(program, command, pod, netns, configuration.ToJsonString(), arguments)), TaskCreationOptions.LongRunning);

    private static PluginAnswer Run(string program, string command, string pod, string netns, string input, string arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        (string, string)[] environment =
            [("COMMAND", command), ("CONTAINERID", pod), ("IFNAME", "eth0"), ("NETNS", netns), ("ARGS", arguments), ("PATH", $"{Folder}:{Debian}")];
        foreach (var (name, value) in environment) start.Environment[$"CNI_{name}"] = value;
        using var process = Process.Start(start)!;
        var notes = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        notes.Wait();
        return new PluginAnswer(process.ExitCode, output);
    }

    public static JsonObject Configuration(string socket, string version = "1.0.0") =>
        new() { ["cniVersion"] = version, ["name"] = "romana", ["type"] = "romana-cni", ["agentSocket"] = socket };

    /// <summary>The next plugin of a list: its own words, and the result of the one before.</summary>
    public static JsonObject Chained(string type, JsonNode before, JsonObject? more = null)
    {
        var configuration = more?.DeepClone().AsObject() ?? [];
        configuration["cniVersion"] = "1.0.0";
        configuration["name"] = "romana";
        configuration["type"] = type;
        configuration["prevResult"] = before.DeepClone();
        return configuration;
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Romana.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
