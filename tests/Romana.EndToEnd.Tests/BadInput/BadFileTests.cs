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
