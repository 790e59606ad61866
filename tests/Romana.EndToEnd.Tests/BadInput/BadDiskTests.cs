using Romana.Demo.Ec2;
using Romana.Testing.Stores;

namespace Romana.EndToEnd.Tests.BadInput;

/// <summary>Disks that are full, read-only or elsewhere: exit code 1, and what was in the store is there afterwards.</summary>
public sealed class BadDiskTests : IDisposable
{
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 2);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_full_disk_makes_no_half_store_and_the_same_command_works_once_there_is_room()
    {
        using var disk = SmallDisk.Mount(Path.Combine(_folder.Path, "disk"), "512k");
        disk.Fill();

        (await ApplyAsync(disk.File("romana.db"))).IsClear(1, disk.File("romana.db"), "full disk", "Remedy: free space");

        disk.Empty();
        (await ApplyAsync(disk.File("romana.db"))).IsDone();
    }

    [Theory]
    [InlineData("hosts")]
    [InlineData("ipam show")]
    public async Task A_store_on_a_disk_that_filled_up_is_named_and_keeps_what_it_had(string command)
    {
        using var disk = SmallDisk.Mount(Path.Combine(_folder.Path, "disk"), "512k");
        var store = disk.File("romana.db");
        (await ApplyAsync(store)).IsDone();
        var before = (await ShowAsync(store)).IsDone().Out;
        disk.Fill();

        (await ProgramAnswer.Of([.. command.Split(' '), "--store", store, "-o", "json"])).IsClear(1, store, "free space");

        disk.Empty();
        Assert.Equal(before, (await ShowAsync(store)).IsDone().Out);
    }

    [Fact]
    public async Task A_disk_that_fills_up_under_the_controller_stops_grants_and_calls_and_nothing_else()
    {
        using var disk = SmallDisk.Mount(Path.Combine(_folder.Path, "disk"), "16m");
        await using var rig = await Rig.StartAsync(Small);
        using var controller = ControllerProcess.Start(rig, disk.Path);
        await controller.SettledAsync(rig);
        disk.Fill();
        var (routes, subnet) = (rig.All(), rig.Vpc.State.Subnets.Keys.First());

        rig.Vpc.Launch(new Launch { SubnetId = subnet, Name = "late", Tags = Small.Build(default).Instances.Values.First().Tags.SetItem("Name", "late") });

        var said = await controller.Process.SaysAsync("full disk");
        Assert.Contains(disk.File("romana.db"), said, StringComparison.Ordinal);
        Assert.Contains("free space", said, StringComparison.Ordinal);
        Assert.Equal(routes, rig.All());
        Assert.False(controller.Process.HasExited, controller.Process.Errors);

        disk.Empty();
        await rig.UntilAsync(() => rig.PodRoutes().Any(route => route.EndsWith(rig.EniOf("late"), StringComparison.Ordinal)), "a route to the host that joined");
        controller.Process.Signal("TERM");
        var (exitCode, output, errors) = await controller.Process.EndAsync();
        Assert.Equal((0, ""), (exitCode, output));
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hosts")]
    [InlineData("routes show")]
    [InlineData("topology apply")]
    [InlineData("controller")]
    public async Task A_read_only_disk_is_told_and_the_store_is_as_before(string command)
    {
        using var disk = SmallDisk.Mount(Path.Combine(_folder.Path, "disk"), "4m");
        var store = disk.File("romana.db");
        (await ApplyAsync(store)).IsDone();
        disk.MakeReadOnly();

        (await ProgramAnswer.Of(Words(command, store))).IsClear(1, store, "Read-only file system", "Remedy: ", "writable");

        disk.MakeWritable();
        Assert.Contains("\"unchanged\"", (await ApplyAsync(store)).IsDone().Out, StringComparison.Ordinal);
    }

    /// <summary>
    /// No network is at hand to mount from. The program reads the type from the kernel's list of mounts: in a mount
    /// namespace of its own it is shown another list, which says that its folder is a network file system.
    /// </summary>
    [Theory]
    [InlineData("hosts", "nfs4")]
    [InlineData("topology apply", "cifs")]
    [InlineData("controller", "fuse.sshfs")]
    public async Task A_network_file_system_is_refused(string command, string type)
    {
        (await ApplyAsync(_folder.Store)).IsDone();
        var bytes = await File.ReadAllBytesAsync(_folder.Store, TestContext.Current.CancellationToken);
        var mounts = _folder.File("mounts", $"22 1 8:1 / / rw - ext4 /dev/root rw\n99 22 0:99 / {_folder.Path} rw - {type} server:/export rw\n");
        string[] disguise = ["unshare", "--mount", "sh", "-c", "mount --bind \"$0\" /proc/$$/mountinfo || exit 77; exec \"$@\"", mounts];

        var run = await ProgramAnswer.Of(RomanaProcess.Under(_folder.Path, disguise, Words(command, _folder.Store)));

        Assert.SkipWhen(run.ExitCode == 77 || run.Error.Contains("unshare", StringComparison.Ordinal), $"a mount namespace wants root: {run.Error}");
        run.IsClear(1, _folder.Store, $"network file system ({type})", "use a disk of this machine");
        Assert.Equal(bytes, await File.ReadAllBytesAsync(_folder.Store, TestContext.Current.CancellationToken));
        Assert.Contains("\"unchanged\"", (await ApplyAsync(_folder.Store)).IsDone().Out, StringComparison.Ordinal);
    }

    private string[] Words(string command, string store) => command switch
    {
        "controller" => ["controller", "--store", store, "--vpc", "vpc-1", "--region", "us-west-2", "--endpoint", "http://127.0.0.1:9", "--listen", "127.0.0.1:0"],
        "topology apply" => ["topology", "apply", Topology(), "--store", store, "-o", "json"],
        _ => [.. command.Split(' '), "--store", store, "-o", "json"],
    };

    private Task<ProgramAnswer> ApplyAsync(string store) => ProgramAnswer.Of(Words("topology apply", store));

    private Task<ProgramAnswer> ShowAsync(string store) => ProgramAnswer.Of(Words("ipam show", store));

    private string Topology() => _folder.File("topology.json", """
        {"networks": [{"name": "pods", "cidr": "10.244.0.0/16", "block_mask": 26}], "topologies": [{"networks": ["pods"], "map": [{"groups": []}]}]}
        """);
}
