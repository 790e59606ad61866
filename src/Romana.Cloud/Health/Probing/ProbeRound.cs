using System.Net;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Health.Probing;

/// <summary>Which host is probed when, which probes are under way, and what the judge makes of them. Steps on the caller's timer.</summary>
internal sealed class ProbeRound : IDisposable
{
    /// <summary>Sends that fail on this machine, in one step; the rest of the step is not tried: a failure is dear, and they all mean one thing.</summary>
    private const int MostFailures = 16;

    private const int StepsPerInterval = 20;
    private readonly IProbe _probe;
    private readonly ProbeRules _rules;
    private readonly TimeProvider _clock;
    private readonly ProbeMetrics _metrics = new();
    private readonly ProbeJudge _judge;
    private readonly Dictionary<long, Sent> _open = [];
    private readonly Queue<long> _order = new();
    private readonly long _began;
    private IReadOnlyList<WatchedHost>? _watched;
    private List<(HostUid Host, IPAddress Address)>[] _wheel = [];
    private long _next = 1;
    private long _steps;
    private TimeSpan _last;
    private TimeSpan _leniency;

    public ProbeRound(IProbe probe, ProbeRules rules, TimeProvider clock)
    {
        (_probe, _rules, _clock, _judge, _began) = (probe, rules, clock, new ProbeJudge(rules), clock.GetTimestamp());
    }

    public TimeSpan Step => _rules.Interval / StepsPerInterval;

    /// <summary>When the first of a host's unanswered probes in a row was sent; null while it answers.</summary>
    public Dictionary<HostUid, DateTimeOffset> FirstMiss { get; } = [];

    /// <summary>Takes answers, gives up late probes, sends those that are due. Null when what the probes say has not changed.</summary>
    public SourceWords? Run(IReadOnlyList<WatchedHost> hosts)
    {
        var now = Now;
        var changed = Watch(hosts);

        // After a pause of ours answers may lie unread: for a moment nothing counts as late.
        if (now - _last > _rules.Timeout) _leniency = now + _rules.Timeout / 2;
        TakeAnswers();
        if (now >= _leniency) GiveUpLate(now);
        SendDue(now);
        _last = now;
        return _judge.Judge(now) ?? (changed ? _judge.Words() : null);
    }

    public void Dispose() => _metrics.Dispose();

    private TimeSpan Now => _clock.GetElapsedTime(_began);

    private bool Watch(IReadOnlyList<WatchedHost> hosts)
    {
        if (ReferenceEquals(hosts, _watched)) return false;
        _watched = hosts;
        var probed = hosts.Where(host => host.Address is not null).ToList();
        _judge.Watch(probed.ToDictionary(host => host.Uid, host => host.AnsweredProbes ? host.Remembered ?? HostHealth.Up : (HostHealth?)null));
        var wheel = new List<(HostUid, IPAddress)>[StepsPerInterval];
        for (var i = 0; i < wheel.Length; i++) wheel[i] = [];

        // By the UID, so that a host keeps its place when others come and go.
        foreach (var host in probed) wheel[Slot(host.Uid)].Add((host.Uid, host.Address!.Value.ToIPAddress()));
        _wheel = wheel;
        foreach (var gone in FirstMiss.Keys.Except(probed.Select(host => host.Uid)).ToList()) FirstMiss.Remove(gone);
        return true;
    }

    /// <summary>FNV-1a: string hash codes differ from process to process, and a spread that can be repeated is easier to reason about.</summary>
    private static int Slot(HostUid host)
    {
        var hash = 2166136261u;
        foreach (var letter in host.Text) hash = (hash ^ letter) * 16777619;
        return (int)(hash % StepsPerInterval);
    }

    private void TakeAnswers()
    {
        while (_probe.TryTake(out var answer))
        {
            if (!_open.Remove(answer.Number, out var sent)) continue;
            _metrics.Answered(_clock.GetElapsedTime(sent.Stamp, answer.At));
            FirstMiss.Remove(sent.Host);
            _judge.Answered(sent.Host);
        }
    }

    private void GiveUpLate(TimeSpan now)
    {
        while (_order.TryPeek(out var number))
        {
            if (_open.TryGetValue(number, out var sent))
            {
                if (now - sent.At < _rules.Timeout) return;
                _open.Remove(number);
                Miss(sent);
            }

            _order.Dequeue();
        }
    }

    private void Miss(Sent sent)
    {
        if (!_judge.IsArmed(sent.Host)) return;
        _metrics.Lost();
        FirstMiss.TryAdd(sent.Host, sent.Wall);
        _judge.Missed(sent.Host);
    }

    private void SendDue(TimeSpan now)
    {
        // Never more than one turn of the wheel: what a long pause left undone is not made up for.
        var due = (long)(now / Step) + 1;
        var from = Math.Max(_steps, due - StepsPerInterval);
        var failures = 0;
        for (var step = from; step < due && _wheel.Length > 0; step++)
        {
            foreach (var (host, address) in _wheel[step % StepsPerInterval])
            {
                var sent = new Sent(host, now, _clock.GetTimestamp(), _clock.GetUtcNow());
                var number = _next++;
                _open[number] = sent;
                _order.Enqueue(number);
                if (failures >= MostFailures) continue;
                if (_probe.TrySend(address, number)) _metrics.Sent();
                else failures++;
            }
        }

        _steps = due;
    }

    private readonly record struct Sent(HostUid Host, TimeSpan At, long Stamp, DateTimeOffset Wall);
}
