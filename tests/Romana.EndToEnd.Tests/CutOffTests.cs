using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Romana.Cloud.Commands.Frame;
using Romana.Demo;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.EndToEnd.Tests;

/// <summary>
/// A host that is really cut off: `romana controller` as a process, ICMP probes that really go out, and a cable that is
/// pulled. Outcomes are asserted; the time is printed, and is a matter of the bench.
/// </summary>
public sealed class CutOffTests : IAsyncLifetime
{
    private static readonly VpcScenario Scenario = new(Zones: 2, SubnetsPerZone: 2, Hosts: 12)
    {
        Layout = TableLayout.PerSubnet,
        AllowedPodCidrs = [Cidr.Parse("10.244.0.0/16")],
        SourceDestCheck = false,
    };

    private readonly TempFolder _folder = new();
    private CutOffLab _lab = null!;
    private Socket _listener = null!;
    private Ec2Endpoint _endpoint = null!;
    private RomanaProcess _controller = null!;

    public async ValueTask InitializeAsync()
    {
        try
        {
            await BeginAsync();
        }
        catch
        {
            // Nobody disposes of what did not begin.
            await DisposeAsync();
            throw;
        }
    }

    private async Task BeginAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "hosts that can be cut off are network namespaces: that takes root");
        _lab = new CutOffLab(Scenario.Build(TimeProvider.System.GetUtcNow()));
        _listener = _lab.Listen();
        _endpoint = await Ec2Endpoint.StartAsync(Scenario, _listener, TestContext.Current.CancellationToken);
        var links = _endpoint.Vpc.State.Subnets.Values.Select(subnet => new LinkFact(subnet.Id, subnet.Zone));
        var drawn = Assert.IsType<DraftOutcome.Drawn>(TopologyDraft.Draw(new DraftRequest { Cidrs = Scenario.AllowedPodCidrs, Links = [.. links] }));
        var topology = _folder.File("topology.json", drawn.Document.ToJsonString());
        _controller = RomanaProcess.Under(_folder.Path, ["ip", "netns", "exec", _lab.Controller],
            "controller", "--store", _folder.Store, "--vpc", _endpoint.Vpc.State.Vpcs.Keys.First(), "--region", "us-west-2", "--endpoint", _endpoint.Url.ToString(),
            "--topology", topology, "--new-store", "--settle", "0.1", "--rate-scale", "10", "--audit", "3600", "--status-poll", "0", "--listen", "127.0.0.1:0", "--probe", "icmp");
        await UntilAsync(() => Covers().Count == Tables * Subnets && AnsweredAsync().GetAwaiter().GetResult() == Scenario.Hosts, $"the covers ({Covers().Count} of {Tables * Subnets}) and every host's first answer ({await AnsweredAsync()})");
        await QuietAsync();
        _endpoint.Vpc.ForgetCalls();
    }

    [Fact]
    public async Task The_routes_of_a_router_that_is_cut_off_move_to_others_of_its_subnet_without_a_describe()
    {
        var router = Covers().First().Value;
        var (host, subnet) = (HostOf(router), _endpoint.Vpc.State.Interfaces[router].SubnetId);
        var led = Covers().Where(cover => cover.Value == router).Select(cover => cover.Key).ToList();

        _lab.Cut(host.Name);

        await UntilAsync(() => !Covers().ContainsValue(router), "the routes' move");
        var calls = _endpoint.Vpc.Calls;
        Assert.All(led, key => Assert.Equal(subnet, _endpoint.Vpc.State.Interfaces[Covers()[key]].SubnetId));
        Assert.Equal(led.Count, calls.Count(call => call.Action == "ReplaceRoute" && call.Outcome == "ok"));
        Assert.DoesNotContain(calls, call => call.Action.StartsWith("Describe", StringComparison.Ordinal));
        Assert.Equal(Tables * Subnets, Covers().Count);

        // Nobody else's route was touched.
        Assert.All(calls.Where(call => call.Action == "ReplaceRoute"), call => Assert.Contains((call["RouteTableId"]!, call["DestinationCidrBlock"]!), led));
        Report(host.Name, (await _controller.SaysAsync($"{host.Name}: the first of its unanswered probes was sent at")).Split(" sent at ")[1], calls.Last(call => call.Action == "ReplaceRoute").At);

        // It comes back, and nothing goes back to it.
        var moved = Covers();
        _lab.Mend(host.Name);
        await _controller.SaysAsync($"{host.Name} is Suspect: it answers probes again");
        Assert.Equal(moved, Covers());
    }

    [Fact]
    public async Task A_controller_whose_own_network_is_gone_moves_nothing_says_so_and_comes_back()
    {
        // One host is dead before: what was seen of it stands meanwhile.
        var dead = Covers().First().Value;
        _lab.Cut(HostOf(dead).Name);
        await UntilAsync(() => !Covers().ContainsValue(dead), "the routes' first move");
        await QuietAsync();
        _endpoint.Vpc.ForgetCalls();
        var before = Covers();
        _lab.CutController();
        await _controller.SaysAsync("nothing is moved by what is not seen");
        _lab.MendController();
        await _controller.SaysAsync("the hosts are seen again");
        Assert.Equal(before, Covers());
        Assert.DoesNotContain(_endpoint.Vpc.Calls, call => call.Mutates);

        // And it sees: the next one that dies is noticed.
        var router = before.First().Value;
        _lab.Cut(HostOf(router).Name);
        await UntilAsync(() => !Covers().ContainsValue(router), "the routes' move");
    }

    [Fact]
    public async Task Probes_and_what_hosts_are_taken_for_are_counted()
    {
        var url = new Uri((await _controller.SaysAsync("HTTP API on ")).Split("HTTP API on ")[1].Trim());
        using var inside = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancel) =>
            {
                var socket = _lab.Open();
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, context.DnsEndPoint.Port), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(inside);
        var lines = (await client.GetStringAsync(new Uri(url, "/metrics"), TestContext.Current.CancellationToken)).Split('\n');
        Assert.Contains(lines, line => line.StartsWith("romana_host_health{", StringComparison.Ordinal) && line.Contains("health=\"up\"", StringComparison.Ordinal) && Value(line) == Scenario.Hosts);
        Assert.Contains(lines, line => line.StartsWith("romana_probe_sent_total{", StringComparison.Ordinal) && Value(line) >= Scenario.Hosts);
        Assert.Contains(lines, line => line.StartsWith("romana_probe_round_trip_seconds_count{", StringComparison.Ordinal) && Value(line) >= Scenario.Hosts);

        static double Value(string line) => double.Parse(line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        _controller?.Dispose();
        if (_endpoint is not null) await _endpoint.DisposeAsync();
        _listener?.Dispose();
        _lab?.Dispose();
        _folder.Dispose();
    }

    private static int Subnets => Scenario.Zones * Scenario.SubnetsPerZone;

    private int Tables => _endpoint.Vpc.State.Tables.Count;

    private Instance HostOf(string eni) => _endpoint.Vpc.State.Instances[_endpoint.Vpc.State.Interfaces[eni].Attachment!.InstanceId];

    /// <summary>Table and destination -> interface, of the routes of whole groups.</summary>
    private SortedDictionary<(string Table, string Destination), string> Covers() => new((from table in _endpoint.Vpc.State.Tables.Values
                                                                                          from route in table.Routes.Values
                                                                                          where Cidr.TryParse(route.Destination, out var cidr, out _) && cidr.Length < 26 && Scenario.AllowedPodCidrs.Any(pods => pods.Contains(cidr))
                                                                                          select ((table.Id, route.Destination), route.Target)).ToDictionary(pair => pair.Item1, pair => pair.Target));

    private async Task<int> AnsweredAsync()
    {
        using var output = new StringWriter();
        await RomanaProgram.RunAsync(["hosts", "--store", _folder.Store, "-o", "json"], new Surroundings { Out = output, Error = TextWriter.Null }, TestContext.Current.CancellationToken);
        return output.ToString().Split("\"health\": \"Up\"").Length - 1;
    }

    /// <summary>Until no call has come for a second: exact routes and what follows the first answers are done.</summary>
    private async Task QuietAsync()
    {
        var clock = TimeProvider.System;
        var (count, since) = (_endpoint.Vpc.Calls.Count, clock.GetTimestamp());
        await UntilAsync(() =>
        {
            if (count != _endpoint.Vpc.Calls.Count) (count, since) = (_endpoint.Vpc.Calls.Count, clock.GetTimestamp());
            return clock.GetElapsedTime(since) > TimeSpan.FromSeconds(1);
        }, "quiet");
    }

    private async Task UntilAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var clock = TimeProvider.System;
        while (!condition())
        {
            if (limit.IsCancellationRequested || _controller.HasExited) Assert.Fail($"{what} did not come: {_controller.Errors}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), clock, TestContext.Current.CancellationToken);
        }
    }

    private static void Report(string host, string firstProbe, DateTimeOffset lastCall)
    {
        var sent = TimeOnly.ParseExact(firstProbe.Trim(), "HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var took = TimeOnly.FromDateTime(lastCall.UtcDateTime) - sent;
        TestContext.Current.TestOutputHelper?.WriteLine($"{host}: {took.TotalMilliseconds:0} ms from its first unanswered probe to the last ReplaceRoute");
    }
}
