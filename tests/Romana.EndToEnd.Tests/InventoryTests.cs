using System.Text.Json;
using Romana.Demo.Ec2;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>Hosts from a file: interfaces are found by private address; what the file does not say changes nothing (R3).</summary>
public sealed class InventoryTests
{
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 3) { SecondariesPerHost = 2 };

    [Fact]
    public async Task The_tables_become_the_same_as_with_tags_and_a_second_apply_makes_no_call()
    {
        await using var tagged = await Rig.StartAsync(Small);
        Assert.Empty((await tagged.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        await using var rig = await Rig.StartAsync(Small with { Cluster = null });
        using var file = new HostFile(rig);

        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);

        Assert.Equal(tagged.All(), rig.All());
        rig.Vpc.ForgetCalls();
        await rig.ApplyAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, rig.Mutations);
    }

    [Fact]
    public async Task At_rest_an_unchanged_file_costs_no_look_at_interfaces_until_a_table_shows_that_one_is_dead()
    {
        await using var rig = await Rig.StartAsync(Small with { Cluster = null });
        using var file = new HostFile(rig);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        await rig.UntilAsync(() => rig.Count("DescribeNetworkInterfaces") >= 2, "the look that shows the checks switched off");
        rig.Vpc.ForgetCalls();

        await rig.UntilAsync(() => rig.Count("DescribeRouteTables") >= 6, "six audits");
        Assert.InRange(rig.Count("DescribeNetworkInterfaces"), 0, 1);

        rig.Vpc.ForgetCalls();
        rig.Vpc.Stop("host-2");
        await rig.UntilAsync(() => rig.Count("DescribeNetworkInterfaces") >= 1, "a look for the blackhole");
        Assert.InRange(rig.Count("DescribeRouteTables"), 1, 3);
    }

    [Fact]
    public async Task A_secondary_address_finds_its_interface_and_routes_go_to_that_interface()
    {
        await using var rig = await Rig.StartAsync(Small with { Cluster = null, InterfacesPerHost = 2 });
        using var file = new HostFile(rig, rig => rig.Vpc.State.Interfaces[rig.EniOf("host-2")].Secondaries[^1].ToString());

        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);

        Assert.True(RoutesTo(rig, "host-2") > 0);
        Assert.False(rig.Vpc.State.Interfaces[rig.EniOf("host-2")].SourceDestCheck);
    }

    [Fact]
    public async Task An_address_that_nobody_has_names_the_host_and_the_others_go_on()
    {
        await using var rig = await Rig.StartAsync(Small with { Cluster = null });
        using var file = new HostFile(rig, _ => "10.0.255.200");

        var result = await rig.ApplyAsync(TestContext.Current.CancellationToken);

        var problem = Assert.Single(result.Problems);
        Assert.Contains("host-2: no interface", problem, StringComparison.Ordinal);
        Assert.Contains("10.0.255.200: correct the inventory file or --vpc", problem, StringComparison.Ordinal);
        Assert.True(RoutesTo(rig, "host-1") > 0 && RoutesTo(rig, "host-3") > 0);
        Assert.Equal(0, RoutesTo(rig, "host-2"));
    }

    [Fact]
    public async Task A_host_that_leaves_the_file_is_unknown_and_nothing_moves()
    {
        await using var rig = await Rig.StartAsync(Small with { Cluster = null });
        using var file = new HostFile(rig);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (routes, mutations) = (rig.All(), rig.Mutations);

        file.Write("host-1", "host-2");
        await rig.UntilAsync(() => Condition(rig, "host-3") == HostCondition.Unknown, "the third host's absence");
        await MoreLooksAsync(rig);

        Assert.Equal(routes, rig.All());
        Assert.Equal(mutations, rig.Mutations);
        file.Write("host-1", "host-2", "host-3");
        await rig.UntilAsync(() => Condition(rig, "host-3") == HostCondition.Live, "the third host's return");
        Assert.Equal(mutations, rig.Mutations);
    }

    [Theory]
    [InlineData("""{"hosts": []}""")]
    [InlineData("""{"hosts": [{"name": "host-1", """)]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_file_that_becomes_empty_or_broken_or_is_gone_changes_nothing(string? text)
    {
        await using var rig = await Rig.StartAsync(Small with { Cluster = null });
        using var file = new HostFile(rig);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var routes = rig.All();
        var drift = rig.PodRoutes()[0].Split(' ');

        file.WriteText(text);
        rig.Vpc.TakeRoute(drift[0], drift[1]);
        await rig.UntilAsync(() => rig.All().SetEquals(routes), "the repair of drift, which needs no list");
        await MoreLooksAsync(rig);

        Assert.Equal(routes, rig.All());
        Assert.All((string[])["host-1", "host-2", "host-3"], host => Assert.Equal(HostCondition.Live, Condition(rig, host)));
        Assert.False(controller.Run.IsCompleted);
        if (text is not """{"hosts": []}""")
            Assert.Contains(file.Path, rig.State.Current.Passes["hosts"].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_broken_from_the_start_stops_the_start_and_names_the_file()
    {
        await using var rig = await Rig.StartAsync(Small with { Cluster = null });
        using var file = new HostFile(rig);
        file.WriteText("""{"hosts": [{"name": "a", "ip": "10.0.0.300"}]}""");

        var refused = await Assert.ThrowsAsync<Cloud.Discovery.HostsUnreadableException>(() => rig.ApplyAsync(TestContext.Current.CancellationToken));

        Assert.Contains(file.Path, refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, rig.Mutations);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cover_whose_router_EC2_calls_a_blackhole_gets_another_router(bool terminated)
    {
        await using var rig = await Rig.StartAsync(Small with { Cluster = null });
        using var file = new HostFile(rig);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (table, subnet) = (rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First());
        var router = rig.CoverOf(table, subnet)!;
        var instance = rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(router)).Id;

        if (terminated) rig.Vpc.Terminate(instance);
        else rig.Vpc.Stop(instance);

        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is { } now && now != router, "a new router");
        Assert.Equal(3, (await rig.BlocksAsync()).Count(block => block.Intent == Ipam.Blocks.BlockIntent.Lent));
    }

    private static int RoutesTo(Rig rig, string host) => rig.PodRoutes().Count(route => route.EndsWith(rig.EniOf(host), StringComparison.Ordinal));

    private static Task MoreLooksAsync(Rig rig)
    {
        var before = rig.Count("DescribeRouteTables");
        return rig.UntilAsync(() => rig.Count("DescribeRouteTables") >= before + 4, "four more audits");
    }

    private static HostCondition? Condition(Rig rig, string name) =>
        rig.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, default).AsTask().GetAwaiter().GetResult()
            .Items.FirstOrDefault(host => host.Spec.Name == name)?.Spec.Condition;

    /// <summary>The rig's hosts as a file in a folder of its own, named in the rig's options.</summary>
    private sealed class HostFile : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("romana-inventory");
        private readonly Dictionary<string, string> _addresses;

        /// <param name="second">Address that stands for host-2; null: its primary one.</param>
        public HostFile(Rig rig, Func<Rig, string>? second = null)
        {
            Path = System.IO.Path.Combine(_folder.FullName, "hosts.json");
            _addresses = rig.Vpc.State.Instances.Values.ToDictionary(one => one.Name, one => rig.Vpc.State.Interfaces[one.Interfaces[0]].Address.ToString());
            if (second is not null) _addresses["host-2"] = second(rig);
            Write([.. _addresses.Keys]);
            rig.Options = rig.Options with { Inventory = Path };
        }

        public string Path { get; }

        public void Write(params string[] names) => WriteText(JsonSerializer.Serialize(new
        {
            hosts = names.Select(name => new { name, ip = _addresses[name], labels = new Dictionary<string, string> { ["rack"] = "1" } }),
        }));

        /// <summary>At once, so that no half-written file is read; null takes the file away.</summary>
        public void WriteText(string? text)
        {
            if (text is null)
            {
                File.Delete(Path);
                return;
            }

            File.WriteAllText(Path + ".new", text);
            File.Move(Path + ".new", Path, overwrite: true);
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
