using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Health.Judging;

/// <summary>
/// Stands behind all sources: whatever they say, and in whatever turn, a host's health changes at most twice in the
/// hold-down. A fall from Up is never put off; every other change waits until it is at most the second in that time, a
/// rise to Up until it is the first and nobody has spoken ill of the host for a moment. Without clock and I/O: `now` is
/// the time since any fixed beginning.
/// </summary>
public sealed class HoldDown(ProbeRules rules)
{
    /// <summary>A moment more than is promised: the calls that follow a change are not all equally late.</summary>
    private readonly TimeSpan _time = rules.HoldDown + rules.Steady;

    private readonly Dictionary<HostUid, Told> _hosts = [];

    /// <summary>As the controller before left it: its last changes count.</summary>
    public void Remember(HealthPicture left, DateTimeOffset clock, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(left);
        foreach (var (host, judged) in left.Hosts)
        {
            // A Since that lies ahead is another machine's clock.
            var age = clock > judged.Since ? clock - judged.Since : TimeSpan.Zero;
            _hosts[host] = new Told { Judged = judged, LastChange = now - age };
        }
    }

    /// <summary>The picture that may be told now, of what all sources say together.</summary>
    public HealthPicture Hold(HealthPicture joined, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(joined);
        foreach (var gone in _hosts.Where(host => joined.Of(host.Key) is null && host.Value.Health == HostHealth.Up && Recent(host.Value, now) == 0)
            .Select(host => host.Key).ToList()) _hosts.Remove(gone);
        var hosts = ImmutableSortedDictionary.CreateBuilder<HostUid, JudgedHost>();
        foreach (var host in joined.Hosts.Keys.Union(_hosts.Keys))
        {
            if (!_hosts.TryGetValue(host, out var told)) _hosts[host] = told = new Told();
            if (Next(told, joined.Of(host), now) is { } judged) hosts[host] = judged;
        }

        return joined with { Hosts = hosts.ToImmutable() };
    }

    /// <summary>A change that was put off may be told by now.</summary>
    public bool IsDue(TimeSpan now) => _hosts.Values.Any(host => host.Held is { } next && May(host, next, now));

    private JudgedHost? Next(Told told, JudgedHost? said, TimeSpan now)
    {
        var next = said?.Health ?? HostHealth.Up;
        told.GoodSince = next == HostHealth.Up ? told.GoodSince ?? now : null;
        if (next != told.Health && !May(told, next, now))
        {
            told.Held = next;
            return told.Judged! with { Why = $"{told.Judged.Why}, within the last {rules.HoldDown.TotalMinutes:0.#} min" };
        }

        if (next != told.Health) (told.ChangeBefore, told.LastChange) = (told.LastChange, now);
        told.Held = null;
        return told.Judged = said;
    }

    private bool May(Told told, HostHealth next, TimeSpan now) =>
        told.Health == HostHealth.Up || (next == HostHealth.Up ? Recent(told, now) == 0 && now - told.GoodSince >= rules.Steady : Recent(told, now) <= 1);

    private int Recent(Told told, TimeSpan now)
    {
        bool Within(TimeSpan? change) => change is { } at && now - at < _time;
        return (Within(told.LastChange) ? 1 : 0) + (Within(told.ChangeBefore) ? 1 : 0);
    }

    private sealed class Told
    {
        /// <summary>Null: nobody speaks of it, which is as good as Up.</summary>
        public JudgedHost? Judged { get; set; }
        public HostHealth Health => Judged?.Health ?? HostHealth.Up;
        public TimeSpan? LastChange { get; set; }
        public TimeSpan? ChangeBefore { get; set; }

        /// <summary>Since when no source speaks ill of it; null while one does.</summary>
        public TimeSpan? GoodSince { get; set; }

        /// <summary>What it is said to be, while that is put off.</summary>
        public HostHealth? Held { get; set; }
    }
}
