using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests.BadInput;

/// <summary>A store is one cluster's in one VPC: another's is refused before anything is written or called, and neither need be named.</summary>
public sealed class StoreOwnerTests : IDisposable
{
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 2);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_store_of_another_cluster_or_VPC_is_refused_and_left_alone()
    {
        await using var rig = await SettledAsync();
        var before = await ShowAsync();
        rig.Vpc.ForgetCalls();
        foreach (var command in (string[])["plan", "apply --yes", "uninstall --yes", "controller --listen 127.0.0.1:0", "preflight aws", "topology apply topology.json"])
        {
            (await RunAsync(rig, command, "--cluster", "green")).IsClear(2, "--cluster green", _folder.Store, "cluster default", "Remedy: name the store of green");
            (await RunAsync(rig, command, "--vpc", "vpc-0badbad")).IsClear(2, "--vpc vpc-0badbad", _folder.Store, rig.Options.Vpc, "Remedy: name the store of vpc-0badbad");
        }

        (await ProgramAnswer.Of("hosts", "drain", "host-1", "--store", _folder.Store, "--cluster", "green")).IsClear(2, "cluster default");
        Assert.Empty(rig.Vpc.Calls);
        Assert.Equal(before, await ShowAsync());
    }

    [Fact]
    public async Task What_the_store_knows_need_not_be_said()
    {
        await using var rig = await SettledAsync();
        rig.Vpc.ForgetCalls();

        (await RunAsync(rig, "plan")).IsDone();
        (await RunAsync(rig, "apply --yes")).IsDone();
        Assert.Equal(0, rig.Mutations);
        (await RunAsync(rig, "uninstall --yes")).IsDone();
        Assert.Empty(rig.PodRoutes());

        // Nobody's again: then the VPC must be said.
        (await RunAsync(rig, "plan")).IsClear(2, "--vpc is missing");
    }

    private async Task<Rig> SettledAsync()
    {
        var rig = await Rig.StartAsync(Small, speed: 1);
        _folder.File("topology.json", rig.Topology);
        (await RunAsync(rig, "topology apply topology.json --new-store")).IsDone();
        (await RunAsync(rig, "apply --yes", "--vpc", rig.Options.Vpc)).IsDone();
        Assert.NotEmpty(rig.PodRoutes());
        return rig;
    }

    private Task<ProgramAnswer> RunAsync(Rig rig, string command, params string[] more) => ProgramAnswer.Of(RomanaProcess.Plain(_folder.Path,
        [.. command.Split(' '), "--store", _folder.Store, "--region", "us-west-2", "--endpoint", rig.Endpoint.Url.ToString(), "--rate-scale", "100", .. more]));

    private async Task<string> ShowAsync() => (await ProgramAnswer.Of("ipam", "show", "--store", _folder.Store, "-o", "json")).IsDone().Out
        + (await ProgramAnswer.Of("routes", "show", "--store", _folder.Store, "-o", "json")).IsDone().Out
        + (await ProgramAnswer.Of("hosts", "--store", _folder.Store, "-o", "json")).IsDone().Out;
}
