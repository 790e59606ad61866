using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Control;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;

namespace Romana.Cloud.Health.Probing;

/// <summary>Active probes of every host.</summary>
internal sealed partial class ProbeSource(IProbe probe, ProbeRules rules, TimeProvider clock, ILogger log) : IHealthSource, IDisposable
{
    public string Name => WatchedHost.ProbeWords;

    /// <summary>Null: no probes were asked for.</summary>
    /// <exception cref="ControlRefusedException">This process may not send them.</exception>
    public static ProbeSource? Open(ProbeChoice choice, ProbeRules rules, TimeProvider clock, ILogger log)
    {
        try
        {
            return choice.Kind switch
            {
                ProbeKind.Icmp => new ProbeSource(new IcmpProbe(clock), rules, clock, log),
                ProbeKind.Tcp => new ProbeSource(new TcpProbe(choice.Port, rules.Timeout, clock), rules, clock, log),
                _ => null,
            };
        }
        catch (SocketException error)
        {
            throw new ControlRefusedException(
                $"--probe icmp: this process may not send ICMP ({error.Message}): widen net.ipv4.ping_group_range to its group, give it CAP_NET_RAW, or use --probe tcp:PORT", error);
        }
    }

    public async Task RunAsync(Func<IReadOnlyList<WatchedHost>> hosts, Action<SourceWords> say, CancellationToken cancel)
    {
        LogBegins(log, probe.Name, rules.Interval.TotalMilliseconds, rules.Count, rules.Timeout.TotalMilliseconds);
        using var round = new ProbeRound(probe, rules, clock);
        using var timer = new PeriodicTimer(round.Step, clock);
        var before = SourceWords.Nothing;
        while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false))
        {
            var watched = hosts();

            // Before the first pass over the hosts nobody is known: an empty word would wipe out what the last controller knew.
            if (watched.Count == 0 || round.Run(watched) is not { } words) continue;
            say(words);
            LogFalls(watched, before, words, round);
            before = words;
        }
    }

    public void Dispose() => probe.Dispose();

    private void LogFalls(IReadOnlyList<WatchedHost> watched, SourceWords before, SourceWords now, ProbeRound round)
    {
        foreach (var host in watched)
        {
            if (now.Hosts.GetValueOrDefault(host.Uid) is not { Health: HostHealth.Down } || before.Hosts.GetValueOrDefault(host.Uid) is { Health: HostHealth.Down }) continue;
            if (round.FirstMiss.TryGetValue(host.Uid, out var sent)) LogFell(log, host.Name, sent);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "probing hosts: {Probe} every {Interval} ms, Down after {Count} without an answer within {Timeout} ms")]
    private static partial void LogBegins(ILogger log, string probe, double interval, int count, double timeout);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Host}: the first of its unanswered probes was sent at {Sent:HH:mm:ss.fff}")]
    private static partial void LogFell(ILogger log, string host, DateTimeOffset sent);
}
