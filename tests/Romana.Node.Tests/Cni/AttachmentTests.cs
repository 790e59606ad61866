using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Romana.Cni;
using Romana.Ipam.Attachments;
using Romana.Node.Agent;
using Romana.Node.Cni;
using Romana.Node.Tests.Agent;

namespace Romana.Node.Tests.Cni;

/// <summary>The real plugin, in this process, asks the real server over its socket; the kernel alone is a fake.</summary>
public sealed class AttachmentTests : IAsyncLifetime
{
    private static readonly TimeProvider Time = TimeProvider.System;
    private readonly string _folder = Directory.CreateTempSubdirectory("romana-node-").FullName;
    private readonly FakeWiring _wiring = new();
    private readonly Readiness _readiness = new();
    private OneHost _host = null!;
    private AttachmentServer? _server;

    private string Socket => Path.Combine(_folder, "cni.sock");

    public async ValueTask InitializeAsync()
    {
        _host = await OneHost.RunningAsync();
        await _host.LendAsync("10.0.0.8/29");
        var holding = await _host.SyncAsync();
        _readiness.Set(OwnNetworks.Terms(holding.Own!, holding.Space!, null, null, []), [], null);
        await ListenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        _host.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("0.3.1")]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    [InlineData("1.1.0")]
    public async Task ADD_answers_in_the_version_asked_for(string version)
    {
        var result = Parse(await AskAsync("ADD", version: version));
        Assert.Equal(version, result.GetProperty("cniVersion").GetString());
        var ip = Assert.Single(result.GetProperty("ips").EnumerateArray());
        Assert.Equal("10.0.0.8/32", ip.GetProperty("address").GetString());
        Assert.Equal("169.254.1.1", ip.GetProperty("gateway").GetString());
        Assert.Equal(version.StartsWith('0'), ip.TryGetProperty("version", out _));

        // What chained plugins look for: the address's interface, its namespace, the host's end.
        var interfaces = result.GetProperty("interfaces").EnumerateArray().ToList();
        var pod = interfaces[ip.GetProperty("interface").GetInt32()];
        Assert.Equal("eth0", pod.GetProperty("name").GetString());
        Assert.Equal("/run/netns/a", pod.GetProperty("sandbox").GetString());
        Assert.False(interfaces[0].TryGetProperty("sandbox", out _));
        Assert.Equal("0.0.0.0/0", Assert.Single(result.GetProperty("routes").EnumerateArray()).GetProperty("dst").GetString());
        Assert.Equal("10.96.0.10", result.GetProperty("dns").GetProperty("nameservers")[0].GetString());
    }

    [Fact]
    public async Task I8_ADD_twice_answers_the_same_and_DEL_twice_succeeds()
    {
        var first = await AskAsync("ADD");
        Assert.Equal(first, await AskAsync("ADD"));
        Assert.Equal(Answer.Empty, await AskAsync("DEL"));
        Assert.Equal(Answer.Empty, await AskAsync("DEL", netns: ""));
        Assert.Empty(_wiring.Links);
        Assert.Empty(_host.Addresses.All());
    }

    [Fact]
    public async Task A_failed_ADD_leaves_nothing_behind()
    {
        _wiring.Before = (what, _) => what == "plug" ? throw new WiringException("the namespace is gone") : Task.CompletedTask;
        Assert.Equal(11, Code(await AskAsync("ADD")));
        Assert.Empty(_host.Addresses.All());
    }

    [Fact]
    public async Task An_ADD_that_is_repeated_and_fails_keeps_what_the_first_one_gave()
    {
        await AskAsync("ADD");
        _wiring.Before = (what, _) => what == "plug" ? throw new WiringException("no") : Task.CompletedTask;
        Assert.Equal(11, Code(await AskAsync("ADD")));
        Assert.Single(_host.Addresses.All());
    }

    [Fact]
    public async Task A_DEL_that_the_kernel_refuses_keeps_the_address()
    {
        await AskAsync("ADD");
        _wiring.Before = (what, _) => what == "unplug" ? throw new WiringException("busy") : Task.CompletedTask;
        Assert.Equal(11, Code(await AskAsync("DEL")));
        Assert.Single(_host.Addresses.All());
    }

    [Fact]
    public async Task No_address_left_is_try_again_later_with_the_reason()
    {
        for (var pod = 0; pod < 8; pod++) Assert.Equal(0, (await AskAsync("ADD", $"p{pod}")).ExitCode);
        var answer = await AskAsync("ADD", "one-more");
        Assert.Equal(11, Code(answer));
        Assert.Contains("no IPv4 block with a free address", answer.Text);
    }

    [Fact]
    public async Task CHECK_knows_its_own_pods_and_their_state()
    {
        Assert.Equal(3, Code(await AskAsync("CHECK")));
        var added = await AskAsync("ADD");
        Assert.Equal(Answer.Empty, await AskAsync("CHECK", before: added.Text));
        Assert.Equal(100, Code(await AskAsync("CHECK", before: added.Text.Replace("10.0.0.8/32", "10.0.0.9/32", StringComparison.Ordinal))));
        await _wiring.UnplugAsync(new AttachmentKey("a", "eth0"), [], CancellationToken.None);
        Assert.Equal(100, Code(await AskAsync("CHECK", before: added.Text)));
    }

    [Fact]
    public async Task GC_removes_what_is_not_named_and_nothing_when_no_list_is_given()
    {
        await AskAsync("ADD", "a");
        await AskAsync("ADD", "b");
        Assert.Equal(7, Code(await AskAsync("GC")));
        Assert.Equal(2, _host.Addresses.All().Length);
        Assert.Equal(Answer.Empty, await AskAsync("GC", more: """, "cni.dev/valid-attachments": [{"containerID": "b", "ifname": "eth0"}]"""));
        Assert.Equal("b", Assert.Single(_host.Addresses.All()).Key.ContainerId);
        Assert.Equal("b", Assert.Single(_wiring.Links).Key.ContainerId);
    }

    [Fact]
    public async Task STATUS_says_why_not()
    {
        Assert.Equal(Answer.Empty, await AskAsync("STATUS"));
        _readiness.Set([], ["pods: no routed block yet"], null);
        var answer = await AskAsync("STATUS");
        Assert.Equal(50, Code(answer));
        Assert.Contains("no routed block", answer.Text);
    }

    [Fact]
    public async Task A_DEL_that_came_while_the_agent_was_away_is_done_when_it_is_back()
    {
        await AskAsync("ADD");
        await _server!.DisposeAsync();
        _server = null;
        Assert.Equal(Answer.Empty, await AskAsync("DEL"));
        Assert.Single(_host.Addresses.All());
        await ListenAsync();
        Assert.Empty(_host.Addresses.All());
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "pending")));
    }

    [Fact]
    public async Task Many_at_once_get_an_address_each()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(pod => AskAsync("ADD", $"p{pod}")));
        Assert.All(answers, answer => Assert.Equal(0, answer.ExitCode));
        Assert.Equal(8, _host.Addresses.All().Select(row => row.Address).Distinct().Count());
        await Task.WhenAll(Enumerable.Range(0, 8).Select(pod => AskAsync("DEL", $"p{pod}")));
        Assert.Empty(_wiring.Links);
    }

    [Fact]
    public async Task An_ADD_waits_for_the_DEL_of_the_same_attachment()
    {
        await AskAsync("ADD");
        var goOn = new TaskCompletionSource();
        _wiring.Before = (what, _) => what == "unplug" ? goOn.Task : Task.CompletedTask;
        var del = AskAsync("DEL");
        var add = AskAsync("ADD");
        goOn.SetResult();
        Assert.Equal(0, (await del).ExitCode);
        Assert.Equal(0, (await add).ExitCode);
        Assert.True(_wiring.Links.Count == _host.Addresses.All().Length, "address and link came and went together");
    }

    [Fact]
    public async Task An_agent_that_has_much_to_do_is_waited_for()
    {
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        _wiring.Before = (_, _) =>
        {
            begun.SetResult();
            return goOn.Task;
        };
        var clock = new FakeTimeProvider();
        var asked = AskAsync("ADD", clock: clock);
        await begun.Task.WaitAsync(TestContext.Current.CancellationToken);

        // Longer than an agent that does not take a request up is waited for.
        clock.Advance(AgentConnection.Patience * 3);
        await Task.WhenAny(asked, Task.Delay(TimeSpan.FromMilliseconds(200), Time, TestContext.Current.CancellationToken));
        Assert.False(asked.IsCompleted);
        goOn.SetResult();
        Assert.Equal(0, (await asked).ExitCode);
    }

    [Fact]
    public async Task A_second_agent_on_the_socket_is_refused()
    {
        var fault = await Assert.ThrowsAsync<IOException>(() => NewAsync());
        Assert.Contains("another agent", fault.Message);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Socket));
    }

    private async Task ListenAsync() => _server = await NewAsync();

    private Task<AttachmentServer> NewAsync() => AttachmentServer.StartAsync(Socket, new Attachments(
        _host.Addresses, _wiring, _readiness, new Node.Cni.PendingDeletes(Path.Combine(_folder, "pending")), NullLogger<Attachments>.Instance),
        null, TestContext.Current.CancellationToken);

    private async Task<Answer> AskAsync(string command, string pod = "a", string? netns = null, string version = "1.1.0", string? before = null, string more = "", TimeProvider? clock = null)
    {
        var environment = new Dictionary<string, string>
        {
            ["CNI_COMMAND"] = command,
            ["CNI_CONTAINERID"] = pod,
            ["CNI_IFNAME"] = "eth0",
            ["CNI_NETNS"] = netns ?? $"/run/netns/{pod}",
            ["CNI_ARGS"] = "K8S_POD_NAME=web;IgnoreUnknown=1;K8S_POD_NAMESPACE=shop",
        };
        var configuration = $$"""
            {"cniVersion": "{{version}}", "name": "romana", "agentSocket": "{{Socket}}", "dns": {"nameservers": ["10.96.0.10"]}
            {{(before is null ? "" : $", \"prevResult\": {before}")}}{{more}}}
            """;
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(configuration));
        // It waits in a thread of its own: the server needs those of the pool.
        return await Task.Factory.StartNew(() => new Plugin(environment.GetValueOrDefault, clock ?? TimeProvider.System).Run(input, _ => { }),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static JsonElement Parse(Answer answer)
    {
        Assert.True(answer.ExitCode == 0, answer.Text);
        return JsonDocument.Parse(answer.Text).RootElement;
    }

    private static int Code(Answer answer)
    {
        Assert.Equal(1, answer.ExitCode);
        return JsonDocument.Parse(answer.Text).RootElement.GetProperty("code").GetInt32();
    }
}
