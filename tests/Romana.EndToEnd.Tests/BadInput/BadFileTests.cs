namespace Romana.EndToEnd.Tests.BadInput;

/// <summary>Files that are missing, broken or wrong: exit code 2, and no store is made.</summary>
public sealed class BadFileTests : IDisposable
{
    private const string Good = """{"networks": [{"name": "pods", "cidr": "10.244.0.0/16", "block_mask": 26}], "topologies": [{"networks": ["pods"], "map": [{"groups": []}]}]}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("romana-bad-").FullName;

    private string Store => Path.Combine(_folder, "romana.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("topology", "check")]
    [InlineData("topology", "show")]
    [InlineData("topology", "apply")]
    public async Task A_missing_file_is_named(string group, string command)
    {
        var path = Path.Combine(_folder, "nowhere.json");
        (await RunAsync(group, command, path)).IsClear(2, path, "does not exist", "Remedy:");
        Assert.False(System.IO.File.Exists(Store));
    }

    [Fact]
    public async Task A_folder_is_no_file() => (await RunAsync("topology", "apply", _folder)).IsClear(2, "is a directory", "Remedy:");

    [Theory]
    [InlineData("empty.json", "")]
    [InlineData("blank.yaml", " \n\n")]
    public async Task An_empty_file_is_said_to_be_empty(string name, string text)
    {
        var path = File(name, text);
        (await RunAsync("topology", "apply", path)).IsClear(2, $"{path} is empty", "Remedy:");
        (await ProgramAnswer.Of("ipam", "replay", path)).IsClear(2, $"{path} is empty");
        (await ProgramAnswer.Of("routes", "plan", "--topology", path, "--inventory", path)).IsClear(2, $"{path} is empty");
        Assert.False(System.IO.File.Exists(Store));
    }

    [Fact]
    public async Task Nothing_on_standard_input_is_said() => (await RunAsync("topology", "apply", "-")).IsClear(2, "standard input is empty", "pipe the text");

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("huge.json")]
    public async Task What_has_no_end_or_is_too_big_is_not_read_to_its_end(string name)
    {
        var path = Path.Combine(_folder, name);
        if (!name.StartsWith('/'))
        {
            // Sparse: it takes no room.
            await using var file = System.IO.File.Create(path);
            file.SetLength((64L << 20) + 1);
        }

        (await RunAsync("topology", "apply", path)).IsClear(2, $"{path} is too big", "64 MiB", "Remedy:");
    }

    [Theory]
    [InlineData("bom.json", "\uFEFF")]
    [InlineData("crlf.json", "\r\n")]
    public async Task A_byte_order_mark_and_the_line_ends_of_Windows_are_no_fault(string name, string before) =>
        (await RunAsync("topology", "apply", File(name, before + Good.Replace(", ", ",\r\n", StringComparison.Ordinal)))).IsDone();

    [Fact]
    public async Task Text_in_another_encoding_is_named()
    {
        var path = Path.Combine(_folder, "latin1.json");
        await System.IO.File.WriteAllBytesAsync(path, System.Text.Encoding.Latin1.GetBytes(Good.Replace("pods", "p\u00f6ds", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
        (await RunAsync("topology", "apply", path)).IsClear(2, $"{path} is not text in UTF-8", "save it as UTF-8");
    }

    [Fact]
    public async Task A_reader_that_has_seen_enough_is_no_fault()
    {
        (await RunAsync("topology", "apply", File("good.json", Good))).IsDone();
        string[] piped = ["sh", "-c", "\"$@\" | head -n 1; exit $?", "sh"];
        var run = await ProgramAnswer.Of(RomanaProcess.Under(_folder, piped, "topology", "show", File("wide.json", Wide())));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Single(run.Out.TrimEnd('\n').Split('\n'));
    }

    /// <summary>Its listing is far longer than a pipe holds.</summary>
    private static string Wide()
    {
        var groups = string.Join(", ", Enumerable.Range(0, 4096).Select(n => $$"""{"name": "zone-{{n:d4}}-with-a-long-name", "groups": []}"""));
        return $$"""{"networks": [{"name": "pods", "cidr": "10.0.0.0/8", "block_mask": 26}], "topologies": [{"networks": ["pods"], "map": [{{groups}}]}]}""";
    }

    [Fact]
    public async Task Broken_JSON_is_placed_by_line_and_column()
    {
        var path = File("broken.json", "{\n  \"networks\": [}\n}");
        (await RunAsync("topology", "apply", path)).IsClear(2, path, "line 2, column 16");
        Assert.False(System.IO.File.Exists(Store));
    }

    [Fact]
    public async Task Broken_YAML_is_placed_by_line_and_column()
    {
        var path = File("broken.yaml", "networks:\n  - name: [pods\n");
        (await RunAsync("topology", "apply", path)).IsClear(2, path, "line 3, column");
        Assert.False(System.IO.File.Exists(Store));
    }

    [Fact]
    public async Task Overlapping_networks_are_refused_and_nothing_is_changed()
    {
        Assert.Equal(0, (await RunAsync("topology", "apply", File("good.json", Good))).ExitCode);
        var path = File("overlap.json", """
            {"networks": [{"name": "pods", "cidr": "10.244.0.0/16"}, {"name": "more", "cidr": "10.244.128.0/17"}],
             "topologies": [{"networks": ["pods", "more"], "map": [{"groups": []}]}]}
            """);
        (await RunAsync("topology", "apply", path)).IsClear(2, path, "networks[1].cidr", "10.244.128.0/17");
        var again = await RunAsync("topology", "apply", File("good.json", Good));
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("unchanged", again.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_host_is_refused()
    {
        Assert.Equal(0, (await RunAsync("topology", "apply", File("good.json", Good))).ExitCode);
        (await RunAsync("hosts", "drain", "node-7")).IsClear(2, "no host 'node-7'", "Remedy:");
        (await RunAsync("hosts", "remove", "node-7")).IsClear(2, "no host 'node-7'", "Remedy:");
    }

    private Task<ProgramAnswer> RunAsync(params string[] args) =>
        ProgramAnswer.Of(args is ["topology", "check" or "show", ..] ? args : [.. args, "--store", Store]);

    private string File(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }
}
