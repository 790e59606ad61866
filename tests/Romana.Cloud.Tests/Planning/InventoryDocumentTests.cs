using System.Text.Json;
using Romana.Cloud.Planning;
using Romana.Cloud.Tests.Commands;
using static Romana.Cloud.Tests.Planning.World;

namespace Romana.Cloud.Tests.Planning;

/// <summary>The files of the offline planner, read, written and planned by the command.</summary>
public sealed class InventoryDocumentTests : IDisposable
{
    private const string TopologyText = """
        {"networks": [{"name": "pods", "cidr": "10.244.0.0/16", "block_mask": 26}],
         "topologies": [{"networks": ["pods"], "map": [
           {"name": "a", "routing": "block-announce-vpc", "groups": []}]}]}
        """;

    private const string InventoryText = """
        {
          "vpc": {"cidrs": ["10.0.0.0/16"]},
          "subnets": [{"id": "subnet-a1", "zone": "us-west-2a", "cidr": "10.0.0.0/20"}],
          "tables": [{
            "id": "rtb-a", "subnets": ["subnet-a1"], "main": false, "quota": {"ipv4": 50, "ipv6": 50},
            "routes": [
              {"destination": "10.0.0.0/16", "target": "local"},
              {"destination": "0.0.0.0/0", "target": "nat-1"},
              {"destination": "10.244.0.0/26", "target": "eni-1", "owned": true, "state": "active"}
            ]}],
          "hosts": [{"name": "h1", "ip": "10.0.0.10", "eni": "eni-1", "subnet": "subnet-a1", "labels": {"topology.kubernetes.io/zone": "us-west-2a"}, "health": "Draining"}],
          "blocks": [{"cidr": "10.244.0.0/26", "network": "pods", "host": "h1"}, {"cidr": "10.244.4.0/26", "network": "pods", "host": "h1"}]
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("romana-plan-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_can_be_read_again()
    {
        var inventory = InventoryDocument.Read(InventoryText).Inventory!;
        Assert.Equal(HostHealth.Draining, inventory.Hosts[0].Health);
        Assert.True(inventory.Tables[0].Routes[2].Owned);
        var text = JsonSerializer.Serialize(inventory, PlanText.Json);
        var again = InventoryDocument.Read(text);
        Assert.Empty(again.Problems);
        Assert.Equal(text, JsonSerializer.Serialize(again.Inventory, PlanText.Json));
        Assert.Equal(text, JsonSerializer.Serialize(JsonSerializer.Deserialize<Inventory>(text, PlanText.Json), PlanText.Json));
    }

    [Fact]
    public void Everything_wrong_is_reported_at_once()
    {
        var reading = InventoryDocument.Read("""
            {
              "vpc": {"cidrs": ["10.0.0.1/16"]},
              "subnets": [{"id": "subnet-a", "zone": "z", "cidr": "10.0.0.0/20"}],
              "tables": [{"id": "rtb-a", "subnets": ["subnet-x"], "routes": [{"destination": "10/8", "target": "nat-1"}, {"destination": "pl-1", "target": "nat-1"}]}, {"id": "rtb-a"}],
              "hosts": [
                {"name": "h1", "ip": "10.0.0.300", "eni": "eni-1", "subnet": "subnet-b"},
                {"name": "h1", "ip": "10.0.0.4", "eni": "eni-1", "subnet": "subnet-a", "health": "Fine"}],
              "blocks": [{"cidr": "10.244.0.0/26", "network": "pods", "host": "h7"}, {"network": "pods", "host": "h1"}]
            }
            """);

        Assert.Null(reading.Inventory);
        Assert.Equal(
            [
                "vpc.cidrs[0]", "tables[0].routes[0].destination", "tables[1].id", "hosts[0].ip", "hosts[1].name", "hosts[1].eni", "hosts[1].health",
                "blocks[1].cidr", "tables[0].subnets[0]", "hosts[0].subnet", "blocks[0].host",
            ],
            reading.Problems.Select(problem => problem.Path));
        Assert.All(reading.Problems, problem => Assert.NotEmpty(problem.Remedy));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"hosts\": 3, \"tables\": {}, \"vpc\": []}")]
    [InlineData("{\"hosts\": [null, 7, {\"name\": \"\\ud800\"}]}")]
    public void Hostile_text_is_an_error_and_no_fault(string text) => Assert.Null(InventoryDocument.Read(text).Inventory);

    [Fact]
    public async Task The_command_plans_files_and_prints_the_format()
    {
        var (topology, inventory) = (Write("t.json", TopologyText), Write("i.json", InventoryText));
        var run = await ProgramRun.Of("routes", "plan", "--topology", topology, "--inventory", inventory, "-o", "json");

        Assert.Equal(0, run.ExitCode);
        using var plan = JsonDocument.Parse(run.Out);
        var table = plan.RootElement.GetProperty("tables")[0];
        Assert.Equal("""{"id":"rtb-a","family":"ipv4","quota":50,"foreign":1,"used":2,"complete":true,"missing":0,"extra_hop_share":0,"local_extra_hop_share":0,"routes":[{"destination":"10.244.0.0/21","target":"eni-1","host":"h1","kind":"host","why":"2 blocks of h1"}]}""",
            JsonSerializer.Serialize(table));
        Assert.Equal("""{"table":"rtb-a","op":"create","destination":"10.244.0.0/21","target":"eni-1"}""", JsonSerializer.Serialize(plan.RootElement.GetProperty("changes")[0]));
        Assert.Equal("""{"CreateRoute":1,"ReplaceRoute":0,"DeleteRoute":1}""", JsonSerializer.Serialize(plan.RootElement.GetProperty("calls")));

        var text = await ProgramRun.Of("routes", "plan", "--topology", topology, "--inventory", inventory, "--limit", "2");
        Assert.Contains("rtb-a ipv4: 2 of 2 used, 1 not ours, incomplete, 1 missing", text.Out, StringComparison.Ordinal);
        Assert.Contains("quota: Table rtb-a", text.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_blocks_each_host_gets_its_own_by_the_allocators_order()
    {
        var cut = InventoryText.IndexOf("\"blocks\"", StringComparison.Ordinal);
        var inventory = Write("i.json", InventoryText[..cut] + "}");
        var run = await ProgramRun.Of("routes", "plan", "--topology", Write("t.json", TopologyText), "--inventory", inventory, "--blocks-per-host", "2", "--limit", "none");
        Assert.Contains("10.244.0.0/25", run.Out, StringComparison.Ordinal);
        Assert.Contains("2 blocks of h1", run.Out, StringComparison.Ordinal);
        Assert.Contains("2 of no limit used", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("absent.json", "does not exist")]
    [InlineData("bad.json", "hosts[0].subnet (subnet-z)")]
    public async Task Bad_input_is_told_with_place_and_exit_code_2(string inventory, string told)
    {
        Write("bad.json", InventoryText.Replace("\"subnet\": \"subnet-a1\"", "\"subnet\": \"subnet-z\"", StringComparison.Ordinal));
        var run = await ProgramRun.Of("routes", "plan", "--topology", Write("t.json", TopologyText), "--inventory", Path.Combine(_folder, inventory));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(told, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}
