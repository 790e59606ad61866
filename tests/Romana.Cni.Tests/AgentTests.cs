using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace Romana.Cni.Tests;

/// <summary>What passes between plugin and agent, and what a runtime hears when the agent fails.</summary>
public sealed class AgentTests : IDisposable
{
    private static readonly TimeProvider Time = TimeProvider.System;
    private const int MostRounds = 20_000;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(2);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_agent_gets_environment_and_configuration_and_its_result_is_printed()
    {
        const string result = """{"cniVersion":"1.1.0","ips":[{"address":"10.244.0.7/32","interface":1}]}""";
        await using var agent = ScriptedAgent.Answering(_folder.Socket, ScriptedAgent.Http(200, result));
        var answer = await Run.Async("ADD", Run.Configuration(_folder.Socket));
        Assert.Equal(new Answer(0, result), answer);
        var request = Assert.Single(agent.Requests);
        Assert.StartsWith("POST /cni HTTP/1.1\r\n", request);
        var body = JsonDocument.Parse(request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]).RootElement;
        Assert.Equal("ADD", body.GetProperty("command").GetString());
        Assert.Equal("pod-1", body.GetProperty("containerId").GetString());
        Assert.Equal("/run/netns/pod-1", body.GetProperty("netns").GetString());
        Assert.Equal("eth0", body.GetProperty("ifname").GetString());
        Assert.Equal(Run.Usual["CNI_ARGS"], body.GetProperty("args").GetString());
        Assert.Equal("romana", body.GetProperty("config").GetProperty("name").GetString());
    }

    [Fact]
    public async Task The_agents_error_is_printed_and_the_plugin_fails()
    {
        await using var agent = ScriptedAgent.Answering(_folder.Socket, ScriptedAgent.Http(422, """{"cniVersion":"1.0.0","code":11,"msg":"m","details":"d"}"""));
        Assert.Equal((11, "m", "d", "1.0.0"), (await Run.Async("ADD", Run.Configuration(_folder.Socket, "1.0.0"))).Error());
    }

    [Theory]
    [InlineData("ADD", 11)]
    [InlineData("CHECK", 11)]
    [InlineData("GC", 11)]
    [InlineData("STATUS", 50)]
    public async Task An_agent_that_is_away_is_try_again_later(string command, int code)
    {
        var answer = await WithinAsync(AgentConnection.Patience, clock => Run.Async(command, Run.Configuration(_folder.Socket), clock: clock));
        var error = answer.Error();
        Assert.Equal(code, error.Code);
        Assert.Contains(_folder.Socket, error.Details);
        Assert.Empty(_folder.Pending);
    }

    [Fact]
    public void Patience_leaves_room_within_two_seconds() => Assert.True(AgentConnection.Patience < TimeSpan.FromSeconds(1.8));

    [Fact]
    public async Task An_agent_that_does_not_take_the_request_up_is_away()
    {
        await using var agent = ScriptedAgent.Doing(_folder.Socket, (_, cancel) => Task.Delay(Timeout.InfiniteTimeSpan, Time, cancel));
        var answer = await WithinAsync(AgentConnection.Patience, clock => Run.Async("ADD", Run.Configuration(_folder.Socket), clock: clock));
        Assert.Equal(11, answer.Error().Code);
    }

    [Fact]
    public async Task An_agent_that_works_for_long_is_waited_for_and_then_given_up()
    {
        // A body that is sent once the request is taken up: by then the wait for the work has begun.
        var configuration = Run.Configuration(_folder.Socket).Replace("{", $"{{\"more\": \"{new string('x', 200_000)}\", ", StringComparison.Ordinal);
        var takenUp = new TaskCompletionSource();
        await using var agent = ScriptedAgent.Doing(_folder.Socket, async (peer, cancel) =>
        {
            await ScriptedAgent.ReadHeadAsync(peer, cancel);
            await peer.SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancel);
            var body = new byte[300_000];
            await peer.ReceiveAsync(body, cancel);
            takenUp.SetResult();
            while (await peer.ReceiveAsync(body, cancel) > 0)
            {
                // Read to its end, and never answered.
            }
        });
        var answer = await WithinAsync(AgentConnection.ForTheWork, clock => Run.Async("ADD", configuration, clock: clock), takenUp.Task);
        Assert.Equal(11, answer.Error().Code);
        Assert.Contains("took too long", answer.Error().Details, StringComparison.Ordinal);
    }

    public static readonly TheoryData<string> Nonsense = new(
        "", "HTTP/1.1 200 OK\r\n", "nonsense\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", "HTTP/1.1 500 no\r\n\r\n", new string('x', 9000));

    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task A_reply_that_is_cut_off_or_nonsense_is_an_error_and_no_hang(string reply)
    {
        await using var agent = ScriptedAgent.Answering(_folder.Socket, reply);
        Assert.Equal(11, (await Run.Async("ADD", Run.Configuration(_folder.Socket))).Error().Code);
    }

    [Fact]
    public async Task An_agent_that_comes_back_in_time_is_found()
    {
        var clock = new FakeTimeProvider();
        var asked = Run.Async("ADD", Run.Configuration(_folder.Socket), clock: clock);
        Assert.False(asked.IsCompleted);
        await using var agent = ScriptedAgent.Answering(_folder.Socket, ScriptedAgent.Http(200, "{}"));
        for (var i = 0; i < 1000 && !asked.IsCompleted; i++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(1));
            await Task.WhenAny(asked, Task.Delay(Moment, Time, TestContext.Current.CancellationToken));
        }

        Assert.Equal(0, (await asked).ExitCode);
    }

    [Fact]
    public async Task A_DEL_without_an_agent_succeeds_and_is_kept_once()
    {
        var log = new StringWriter();
        for (var i = 0; i < 2; i++)
        {
            var answer = await WithinAsync(AgentConnection.Patience, clock => Run.Async("DEL", Run.Configuration(_folder.Socket), clock: clock, log: log));
            Assert.Equal(Answer.Empty, answer);
        }

        var kept = Assert.Single(_folder.Pending);
        Assert.Equal("pod-1@eth0.json", Path.GetFileName(kept));
        Assert.Equal("DEL", JsonDocument.Parse(File.ReadAllText(kept)).RootElement.GetProperty("command").GetString());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(kept));
        Assert.Contains("finished later", log.ToString());
    }

    [Fact]
    public async Task A_DEL_that_the_agent_refuses_is_not_kept()
    {
        await using var agent = ScriptedAgent.Answering(_folder.Socket, ScriptedAgent.Http(422, """{"cniVersion":"1.1.0","code":5,"msg":"m","details":"d"}"""));
        Assert.Equal(5, (await Run.Async("DEL", Run.Configuration(_folder.Socket))).Error().Code);
        Assert.Empty(_folder.Pending);
    }

    [Fact]
    public async Task A_DEL_that_cannot_be_kept_says_so()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "pending"), "a file where a folder should be");
        var answer = await WithinAsync(AgentConnection.Patience, clock => Run.Async("DEL", Run.Configuration(_folder.Socket), clock: clock));
        Assert.Equal(5, answer.Error().Code);
    }

    [Fact]
    public async Task A_socket_path_that_no_socket_can_have_is_said() =>
        Assert.Equal(11, (await Run.Async("ADD", Run.Configuration("/" + new string('x', 300)))).Error().Code);

    /// <summary>Lets the plugin's clock run, and no further than that, until it has answered.</summary>
    /// <param name="begin">The clock stands until then.</param>
    private static async Task<Answer> WithinAsync(TimeSpan limit, Func<TimeProvider, Task<Answer>> run, Task? begin = null)
    {
        var clock = new AskedClock();
        var began = clock.GetUtcNow();
        var asked = run(clock);

        // The plugin's thread may begin late, and its limit counts from then.
        await Task.WhenAny(asked, clock.Asked);
        if (begin is not null) await begin.WaitAsync(TestContext.Current.CancellationToken);
        for (var round = 0; !asked.IsCompleted; round++)
        {
            Assert.True(round < MostRounds, "it asks on beyond its limit");
            await Task.WhenAny(asked, Task.Delay(Moment, Time, TestContext.Current.CancellationToken));
            if (!asked.IsCompleted && clock.GetUtcNow() - began <= limit) clock.Advance(limit / 20);
        }

        return await asked;
    }

    /// <summary>Says when somebody looks at it for the first time.</summary>
    private sealed class AskedClock : FakeTimeProvider
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Asked => _asked.Task;

        public override long GetTimestamp()
        {
            var now = base.GetTimestamp();
            _asked.TrySetResult();
            return now;
        }
    }
}
