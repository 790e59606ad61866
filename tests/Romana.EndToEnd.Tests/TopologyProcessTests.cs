using System.Diagnostics;
using System.Text.Json.Nodes;
using Romana.Demo;
using Romana.Demo.Ec2;
using Romana.Testing.Vectors;

namespace Romana.EndToEnd.Tests;

/// <summary>The built program as a process of its own: a sample of the vectors, and a topology drawn from an EC2 endpoint.</summary>
public sealed class TopologyProcessTests
{
    [Fact]
    public async Task Topology_show_reads_a_document_from_standard_input()
    {
        var vector = VectorFiles.Load("topology", "derived-split-5");
        var (code, output, error) = await RunAsync(vector["document"]!.ToJsonString(), "topology", "show", "-", "-o", "json");
        Assert.Equal((0, ""), (code, error));
        VectorFiles.AssertCovers(vector["expect"], JsonNode.Parse(output), "derived-split-5");
    }

    [Fact]
    public async Task Ipam_replay_prints_one_object_per_step()
    {
        var steps = VectorFiles.Load("ipam", "TestBlackout")["steps"]!.AsArray();
        var (code, output, error) = await RunAsync("", "ipam", "replay", VectorFiles.PathOf("ipam", "TestBlackout"));
        Assert.Equal((0, ""), (code, error));
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(steps.Count, lines.Length);
        for (var i = 0; i < lines.Length; i++) StepExpectation.Check(steps[i]!.AsObject(), JsonNode.Parse(lines[i])!.AsObject(), [], $"step {i}");
    }

    [Fact]
    public async Task Topology_init_aws_draws_from_what_EC2_describes()
    {
        await using var endpoint = await Ec2Endpoint.StartAsync(new VpcScenario(), cancellation: TestContext.Current.CancellationToken);
        var vpc = endpoint.Vpc.State.Vpcs.Keys.First();

        var (code, output, error) = await RunAsync(
            "", "topology", "init", "aws", "--vpc", vpc, "--region", "us-west-2", "--endpoint", endpoint.Url.ToString(), "--cidr", "10.244.0.0/16");

        Assert.Equal((0, ""), (code, error));
        var map = JsonNode.Parse(output)!["topologies"]![0]!["map"]!.AsArray();
        var drawn = map.SelectMany(zone => zone!["groups"]!.AsArray()).Select(group => (string)group!["name"]!).Order(StringComparer.Ordinal);
        Assert.Equal(endpoint.Vpc.State.Subnets.Keys.Order(StringComparer.Ordinal), drawn);

        (code, output, error) = await RunAsync(
            "", "topology", "init", "aws", "--vpc", "vpc-none", "--region", "us-west-2", "--endpoint", endpoint.Url.ToString(), "--cidr", "10.244.0.0/16");
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("vpc-none", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Out, string Error)> RunAsync(string input, params string[] args)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "romana"), args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["AWS_ACCESS_KEY_ID"] = "AKIADEMO", ["AWS_SECRET_ACCESS_KEY"] = "secret" },
        };
        using var process = Process.Start(start)!;
        var stop = TestContext.Current.CancellationToken;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(stop);
        var error = process.StandardError.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        return (process.ExitCode, await output, await error);
    }
}
