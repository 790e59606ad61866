using Romana.Demo;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;

namespace Romana.EndToEnd.Tests.BadInput;

/// <summary>Clouds that do not answer, do not let us in, or lack what was named: exit code 1 within seconds.</summary>
public sealed class BadCloudTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("romana-cloud-").FullName;

    private string Store => Path.Combine(_folder, "romana.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("plan")]
    [InlineData("preflight aws")]
    [InlineData("controller")]
    public async Task An_endpoint_that_nobody_serves_is_named(string command)
    {
        // Port 9 of loopback: nothing listens there, and no package leaves the machine.
        const string Nobody = "http://127.0.0.1:9";
        Assert.Equal(0, (await ProgramAnswer.Of("topology", "apply", Topology(), "--store", Store)).ExitCode);
        string[] more = command == "controller" ? ["--listen", "127.0.0.1:0"] : [];
        var run = await ProgramAnswer.Of([.. command.Split(' '), "--store", Store, "--vpc", "vpc-1", "--region", "us-west-2", "--endpoint", Nobody, .. more]);
        run.IsClear(1, "127.0.0.1:9");
    }

    [Theory]
    [InlineData("plan")]
    [InlineData("controller")]
    public async Task A_missing_VPC_option_is_bad_usage(string command) =>
        (await ProgramAnswer.Of(command, "--store", Store)).IsClear(2, "--vpc");

    [Fact]
    public async Task Wrong_credentials_are_told_as_such()
    {
        var scenario = new VpcScenario { Behaviour = new Behaviour { AccessKeys = ["AKIAOTHER"] } };
        await using var endpoint = await Ec2Endpoint.StartAsync(scenario, cancellation: TestContext.Current.CancellationToken);
        (await PreflightAsync(endpoint, endpoint.Vpc.State.Vpcs.Keys.First())).IsClear(1, "AuthFailure", "the credentials are wrong or have expired");
    }

    [Fact]
    public async Task A_VPC_that_is_not_there_is_named()
    {
        await using var endpoint = await Ec2Endpoint.StartAsync(new VpcScenario(), cancellation: TestContext.Current.CancellationToken);
        (await PreflightAsync(endpoint, "vpc-0000000000000dead")).IsClear(1, "vpc-0000000000000dead");
    }

    [Fact]
    public async Task Preflight_finds_a_good_VPC_good()
    {
        var scenario = new VpcScenario { AllowedPodCidrs = [Cidr.Parse("10.244.0.0/16")] };
        await using var endpoint = await Ec2Endpoint.StartAsync(scenario, cancellation: TestContext.Current.CancellationToken);
        var run = await PreflightAsync(endpoint, endpoint.Vpc.State.Vpcs.Keys.First());
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("CreateRoute, DeleteRoute, ReplaceRoute allowed", run.Out, StringComparison.Ordinal);
        Assert.Contains("0 FAIL", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Preflight_finds_that_a_rule_by_group_lets_no_pod_in()
    {
        await using var endpoint = await Ec2Endpoint.StartAsync(new VpcScenario(), cancellation: TestContext.Current.CancellationToken);
        var run = await PreflightAsync(endpoint, endpoint.Vpc.State.Vpcs.Keys.First());
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("do not match pod addresses. Remedy: add a rule: all traffic in from 10.244.0.0/16", run.Out, StringComparison.Ordinal);
        Assert.Contains("1 FAIL", run.Out, StringComparison.Ordinal);
    }

    private Task<ProgramAnswer> PreflightAsync(Ec2Endpoint endpoint, string vpc)
    {
        return ProgramAnswer.Of("preflight", "aws", "--vpc", vpc, "--region", "us-west-2", "--endpoint", endpoint.Url.ToString(), "--topology", Topology(), "--rate-scale", "100");
    }

    private string Topology()
    {
        var path = Path.Combine(_folder, "topology.json");
        File.WriteAllText(path, """{"networks": [{"name": "pods", "cidr": "10.244.0.0/16", "block_mask": 26}], "topologies": [{"networks": ["pods"], "map": [{"groups": []}]}]}""");
        return path;
    }
}
