using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Health.Judging;

/// <summary>
/// From answered and unanswered probes to who is Up, Suspect and Down. Not pure, but without clock and I/O: `now` is the
/// time since any fixed beginning. Not for several threads.
/// </summary>
public sealed class ProbeJudge(ProbeRules rules)
{
    private readonly SortedDictionary<HostUid, ProbedHost> _hosts = [];
    private string? _blind;

    /// <summary>Hosts that answered a probe once.</summary>
    public IEnumerable<HostUid> Armed => _hosts.Where(host => host.Value.Armed).Select(host => host.Key);

    /// <summary>Takes in new hosts and forgets those that are gone.</summary>
    /// <param name="hosts">With what an earlier controller made of them; null where it never had an answer.</param>
    public void Watch(IReadOnlyDictionary<HostUid, HostHealth?> hosts)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        foreach (var gone in _hosts.Keys.Where(host => !hosts.ContainsKey(host)).ToList()) _hosts.Remove(gone);
        foreach (var (host, remembered) in hosts)
        {
            if (_hosts.ContainsKey(host)) continue;
            var added = _hosts[host] = new ProbedHost(rules);
            if (remembered is { } health) added.Remember(health);
        }
    }

    public bool IsArmed(HostUid host) => _hosts.GetValueOrDefault(host) is { Armed: true };

    public void Answered(HostUid host) => _hosts.GetValueOrDefault(host)?.Answered();

    public void Missed(HostUid host) => _hosts.GetValueOrDefault(host)?.Missed();

    /// <summary>Everything that the probes say now; null when that is what it was.</summary>
    public SourceWords? Judge(TimeSpan now)
    {
        var before = _blind;
        _blind = Blindness(now);
        if (before is not null && _blind is null)
            foreach (var host in _hosts.Values) host.Forgive();
        var changed = (before is null) != (_blind is null);
        if (_blind is null)
            foreach (var host in _hosts.Values) changed |= host.Judge(now);
        return changed ? Words() : null;
    }

    public SourceWords Words() => new()
    {
        Hosts = _hosts.Where(host => host.Value.Armed).ToImmutableSortedDictionary(host => host.Key, host => new HostWord(host.Value.Health, host.Value.Why)),
        Blind = _blind,
    };

    /// <summary>
    /// More than half of the hosts fell silent in one moment: then our own network is at fault, or so much is that
    /// moving routes about helps nobody. Ends by itself when half of them answer again.
    /// </summary>
    private string? Blindness(TimeSpan now)
    {
        var (failing, all, silent) = (0, 0, false);
        foreach (var host in _hosts.Values)
        {
            if (!host.Armed || host.SilentBefore(now - rules.OneMoment)) continue;
            all++;
            if (host.Failing) failing++;
            silent |= host.Silent;
        }

        return failing * 2 <= all || !silent && _blind is null ? null
            : _blind ?? $"{failing} of {all} hosts stopped answering probes at once; looked into again when half of them answer";
    }
}
