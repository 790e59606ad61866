using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Romana.Cloud.Health;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Health.Probing;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Tests.Health;

/// <summary>Who is probed when, on simulated time; and the real sockets, on loopback alone.</summary>
public sealed class ProbeRoundTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _clock = new();
    private readonly FakeProbe _probe;
    private readonly ProbeRound _round;
    private readonly IReadOnlyList<WatchedHost> _hosts = [.. Enumerable.Range(0, 40).Select(i => Host($"10.0.0.{i + 1}"))];

    public ProbeRoundTests()
    {
        _probe = new FakeProbe(_clock);
        _round = new ProbeRound(_probe, new ProbeRules(), _clock);
    }

    [Fact]
    public void Every_host_is_probed_once_an_interval_and_never_all_at_once()
    {
        Run(TimeSpan.FromSeconds(10));
        Assert.All(_hosts, host => Assert.InRange(_probe.Sent.Count(sent => sent.To == host.Address!.Value.ToIPAddress().ToString()), 20, 21));
        Assert.InRange(_probe.Sent.GroupBy(sent => sent.At).Max(step => step.Count()), 1, 12);
    }

    [Fact]
    public void A_host_that_falls_silent_is_down_and_its_first_missed_probe_is_known()
    {
        Run(TimeSpan.FromSeconds(3));
        var cut = _clock.GetUtcNow();
        _probe.Answers = to => to != "10.0.0.7";
        var words = Run(TimeSpan.FromSeconds(2.1));
        Assert.Equal(HostHealth.Down, words!.Hosts[new HostUid("h-10.0.0.7")].Health);
        Assert.Single(words.Hosts.Values, word => word.Health != HostHealth.Up);
        Assert.InRange(_round.FirstMiss.Values.Single() - cut, TimeSpan.Zero, TimeSpan.FromSeconds(0.5));
    }

    [Fact]
    public void What_cannot_be_sent_is_unanswered_and_means_our_own_network()
    {
        Run(TimeSpan.FromSeconds(3));
        _probe.Sends = false;
        var words = Run(TimeSpan.FromSeconds(5));
        Assert.NotNull(words!.Blind);
        Assert.All(words.Hosts.Values, word => Assert.Equal(HostHealth.Up, word.Health));
        _probe.Sends = true;
        Assert.Null(Run(TimeSpan.FromSeconds(5))!.Blind);
    }

    [Fact]
    public void A_pause_of_ours_makes_nobody_look_dead()
    {
        Run(TimeSpan.FromSeconds(3));
        _probe.Hold = true;
        _clock.Advance(TimeSpan.FromSeconds(9));
        _round.Run(_hosts);
        Assert.Empty(_round.FirstMiss);
        _probe.Hold = false;
        Assert.Null(Run(TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.9.9")]
    [InlineData("::1")]
    public async Task Icmp_probes_are_answered_on_loopback(string address)
    {
        using var probe = new IcmpProbe(TimeProvider.System);
        Assert.True(probe.TrySend(IPAddress.Parse(address), 7));
        Assert.Equal(7, (await AnswerAsync(probe)).Number);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tcp_port_that_is_open_or_refused_is_an_answer(bool open)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        if (!open) listener.Stop();
        using var probe = new TcpProbe(port, TimeSpan.FromSeconds(5), TimeProvider.System);
        Assert.True(probe.TrySend(IPAddress.Loopback, 9));
        Assert.Equal(9, (await AnswerAsync(probe)).Number);
    }

    [Fact]
    public async Task The_source_probes_real_loopback_addresses()
    {
        using var source = ProbeSource.Open(new ProbeChoice(ProbeKind.Icmp), new ProbeRules { Interval = TimeSpan.FromMilliseconds(100) }, TimeProvider.System, NullLogger.Instance);
        IReadOnlyList<WatchedHost> hosts = [.. Enumerable.Range(1, 200).Select(i => Host($"127.1.0.{i}"))];
        using var stop = new CancellationTokenSource(Limit);
        var all = new TaskCompletionSource<SourceWords>();
        var run = source!.RunAsync(() => hosts, words =>
        {
            if (words.Hosts.Count == hosts.Count) all.TrySetResult(words);
        }, stop.Token);
        Assert.All((await all.Task.WaitAsync(stop.Token)).Hosts.Values, word => Assert.Equal(HostHealth.Up, word.Health));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }

    [Theory]
    [InlineData("icmp", ProbeKind.Icmp, 0)]
    [InlineData("none", ProbeKind.None, 0)]
    [InlineData("tcp:10250", ProbeKind.Tcp, 10250)]
    public void A_choice_is_read_and_written(string text, ProbeKind kind, int port)
    {
        Assert.Equal(new ProbeChoice(kind, port), ProbeChoice.Parse(text));
        Assert.Equal(text, ProbeChoice.Parse(text)!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("tcp")]
    [InlineData("tcp:")]
    [InlineData("tcp:0")]
    [InlineData("tcp:65536")]
    [InlineData("tcp:+80")]
    [InlineData("ICMP")]
    public void Another_choice_is_none(string text) => Assert.Null(ProbeChoice.Parse(text));

    public void Dispose()
    {
        _round.Dispose();
        _probe.Dispose();
    }

    private SourceWords? Run(TimeSpan length)
    {
        SourceWords? newest = null;
        for (var end = _clock.GetUtcNow() + length; _clock.GetUtcNow() < end; _clock.Advance(_round.Step)) newest = _round.Run(_hosts) ?? newest;
        return newest;
    }

    private static async Task<ProbeAnswer> AnswerAsync(IProbe probe)
    {
        using var limit = new CancellationTokenSource(Limit);
        var (time, answer) = (TimeProvider.System, default(ProbeAnswer));
        while (!probe.TryTake(out answer)) await Task.Delay(TimeSpan.FromMilliseconds(5), time, limit.Token);
        return answer;
    }

    private static WatchedHost Host(string address) => new() { Uid = new HostUid($"h-{address}"), Name = address, Address = IpAddress.Parse(address) };

    /// <summary>Sends nothing; answers at once whoever is alive.</summary>
    private sealed class FakeProbe(TimeProvider clock) : IProbe
    {
        private readonly Queue<ProbeAnswer> _answers = new();

        public string Name => "fake";
        public Func<string, bool> Answers { get; set; } = _ => true;
        public bool Sends { get; set; } = true;
        public bool Hold { get; set; }
        public List<(DateTimeOffset At, string To)> Sent { get; } = [];

        public bool TrySend(IPAddress to, long number)
        {
            if (!Sends) return false;
            Sent.Add((clock.GetUtcNow(), to.ToString()));
            if (Answers(to.ToString())) _answers.Enqueue(new ProbeAnswer(number, clock.GetTimestamp()));
            return true;
        }

        public bool TryTake(out ProbeAnswer answer)
        {
            answer = default;
            return !Hold && _answers.TryDequeue(out answer);
        }

        public void Dispose() { }
    }
}
