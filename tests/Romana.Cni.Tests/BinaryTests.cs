using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Romana.Cni.Tests;

/// <summary>The very file that a runtime starts. `make test` builds it before.</summary>
public sealed class BinaryTests : IDisposable
{
    private static readonly string Folder = Path.Combine(Root(), "artifacts/cni",
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64");

    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void It_is_small() => Assert.InRange(new FileInfo(Binary()).Length, 1, 5_000_000);

    [Fact]
    public async Task It_runs_where_there_is_nothing_but_itself()
    {
        Assert.SkipUnless(Environment.UserName == "root", "chroot needs root");
        File.Copy(Binary(), Path.Combine(_temp.Path, "romana-cni"));
        var (code, output) = await StartAsync("chroot", [_temp.Path, "/romana-cni"], "VERSION", "{\"cniVersion\":\"1.0.0\"}");
        Assert.Equal(0, code);
        Assert.Equal("1.0.0", JsonDocument.Parse(output).RootElement.GetProperty("cniVersion").GetString());
    }

    [Fact]
    public async Task It_passes_on_what_the_agent_answers()
    {
        await using var agent = ScriptedAgent.Answering(_temp.Socket, ScriptedAgent.Http(200, "{\"cniVersion\":\"1.1.0\"}"));
        Assert.Equal((0, "{\"cniVersion\":\"1.1.0\"}"), await StartAsync(Binary(), [], "ADD", Run.Configuration(_temp.Socket)));
    }

    [Fact]
    public async Task It_fails_with_code_11_when_the_agent_is_away()
    {
        var (code, output) = await StartAsync(Binary(), [], "ADD", Run.Configuration(_temp.Socket));
        Assert.Equal(11, new Answer(code, output).Error().Code);
    }

    [Fact]
    public async Task It_keeps_a_DEL_when_the_agent_is_away()
    {
        Assert.Equal((0, ""), await StartAsync(Binary(), [], "DEL", Run.Configuration(_temp.Socket)));
        Assert.Single(_temp.Pending);
    }

    [Theory]
    [InlineData("--version", 0)]
    [InlineData("--help", 0)]
    [InlineData("add", 2)]
    public async Task It_tells_a_person_what_it_is(string argument, int expected)
    {
        var (code, _) = await StartAsync(Binary(), [argument], "", "");
        Assert.Equal(expected, code);
    }

    private static string Binary()
    {
        var file = Path.Combine(Folder, "romana-cni");
        Assert.True(File.Exists(file), $"{file} is missing: make cni");
        return file;
    }

    private static async Task<(int Code, string Output)> StartAsync(string program, string[] arguments, string command, string input)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in Run.Usual) start.Environment[name] = value;
        start.Environment["CNI_COMMAND"] = command;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await error;
        return (process.ExitCode, output);
    }

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Romana.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
