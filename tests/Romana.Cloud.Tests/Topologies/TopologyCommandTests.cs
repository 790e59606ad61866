using System.Text.Json.Nodes;
using Romana.Cloud.Tests.Commands;

namespace Romana.Cloud.Tests.Topologies;

public sealed class TopologyCommandTests : IDisposable
{
    private const string Good = """{"networks": [{"name": "pods", "cidr": "10.244.0.0/16"}], "topologies": [{"networks": ["pods"], "map": [{"groups": []}]}]}""";

    private const string Inventory = """
        {"vpc": {"cidrs": ["10.0.0.0/16"]}, "subnets": [
            {"id": "subnet-a1", "zone": "us-west-2a", "cidr": "10.0.0.0/20"}, {"id": "subnet-b1", "zone": "us-west-2b", "cidr": "10.0.16.0/20"}]}
        """;

    private readonly string folder = Directory.CreateTempSubdirectory("romana-topology-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("t.json", "{\"networks\": [}", "line 1, column 15")]
    [InlineData("t.yaml", "networks:\n- name: [x\n", "line 3, column 1")]
    [InlineData("t.yaml", "networks:\n- name: pods\n  cidr: 10.0.0.1/8\n", "networks[0].cidr (10.0.0.1/8)")]
    [InlineData("t", "networks:\n- name: pods\n", "networks[0].cidr")]
    [InlineData("t", "{}", "networks")]
    public async Task A_bad_document_is_named_with_file_place_and_remedy(string name, string text, string place)
    {
        var file = await WriteAsync(name, text);
        var run = await ProgramRun.Of("topology", "show", file);
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(file, run.Error, StringComparison.Ordinal);
        Assert.Contains(place, run.Error, StringComparison.Ordinal);
        Assert.Contains("Remedy", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("topology", "show")]
    [InlineData("topology", "check")]
    [InlineData("ipam", "replay")]
    public async Task A_missing_file_is_bad_input(string group, string command)
    {
        var run = await ProgramRun.Of(group, command, Path.Combine(folder, "none.json"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("does not exist", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("{\"steps\": {}}")]
    [InlineData("{\"steps\": [}")]
    [InlineData("{\"steps\": [], \"steps\": []}")]
    [InlineData("{\"topology\": {}, \"steps\": []}")]
    public async Task A_file_that_cannot_be_replayed_is_bad_input(string text)
    {
        var run = await ProgramRun.Of("ipam", "replay", await WriteAsync("steps.json", text));
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains("Remedy", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_exits_0_whatever_the_steps_answered()
    {
        var run = await ProgramRun.Of("ipam", "replay", await WriteAsync("steps.json", """{"steps": [7, {"op": "fly"}, {"op": "allocate", "name": 5}]}"""));
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(3, run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.Contains("bad_request", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Check_reports_everything_and_its_exit_code_tells()
    {
        var good = await WriteAsync("good.json", Good);
        Assert.Equal((0, $"{good}: no problems\n"), await CheckAsync(good));
        var (code, text) = await CheckAsync(good, "--vpc-cidr", "10.244.0.0/20", "--service-cidr", "10.244.16.0/20", "--peering-cidr", "10.244.32.0/20", "-o", "json");
        var problems = JsonNode.Parse(text)!["problems"]!.AsArray().Select(problem => (string)problem!["code"]!);
        Assert.Equal(2, code);
        Assert.Equal(["overlaps_vpc", "overlaps_services", "overlaps_peering"], problems);
        var bad = await ProgramRun.Of("topology", "check", good, "--vpc-cidr", "10.0.0.1/8");
        Assert.Equal(2, bad.ExitCode);
        Assert.Contains("10.0.0.0/8", bad.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_draws_a_document_that_check_likes_and_that_grows()
    {
        var inventory = await WriteAsync("inventory.json", Inventory);
        var drawn = await ProgramRun.Of("topology", "init", "aws", "--inventory", inventory, "--cidr", "10.244.0.0/16", "-o", "yaml");
        Assert.Equal((0, ""), (drawn.ExitCode, drawn.Error));
        var file = await WriteAsync("t.yaml", drawn.Out);
        Assert.Equal(0, (await CheckAsync(file, "--inventory", inventory)).Code);

        var grown = await WriteAsync("more.json", Inventory.Replace("\"subnets\": [", "\"subnets\": [{\"id\": \"subnet-c1\", \"zone\": \"us-west-2c\"},", StringComparison.Ordinal));
        var next = await ProgramRun.Of("topology", "init", "aws", "--inventory", grown, "--from", file);
        Assert.Equal(0, next.ExitCode);
        Assert.Contains("us-west-2c 10.244.128.0/18", next.Error, StringComparison.Ordinal);
        Assert.Equal("10.244.0.0/18", (string?)JsonNode.Parse(next.Out)!["topologies"]![0]!["map"]![0]!["cidr"]);
    }

    [Theory]
    [InlineData("--cidr is missing", "--inventory", "INVENTORY")]
    [InlineData("the VPC is missing", "--cidr", "10.244.0.0/16")]
    [InlineData("overlaps 10.0.0.0/16", "--inventory", "INVENTORY", "--cidr", "10.0.0.0/16")]
    [InlineData("no free", "--inventory", "INVENTORY", "--cidr", "10.244.0.0/26")]
    public async Task Init_refuses_with_a_remedy(string what, params string[] words)
    {
        var inventory = await WriteAsync("inventory.json", Inventory);
        var run = await ProgramRun.Of(["topology", "init", "aws", .. words.Select(word => word == "INVENTORY" ? inventory : word)]);
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(what.Replace("--cidr is missing", "a range for pods is missing", StringComparison.Ordinal), run.Error, StringComparison.Ordinal);
        Assert.Contains("Remedy", run.Error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Out)> CheckAsync(string file, params string[] more)
    {
        var run = await ProgramRun.Of(["topology", "check", file, .. more]);
        return (run.ExitCode, run.Out);
    }

    private async Task<string> WriteAsync(string name, string text)
    {
        var path = Path.Combine(folder, name);
        await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
        return path;
    }
}
