using System.Numerics;
using Romana.Cloud.Planning;

namespace Romana.Cloud.Health.Judging;

/// <summary>What the probes of one host have shown so far. Instants are times since the judge's beginning.</summary>
internal sealed class ProbedHost(ProbeRules rules)
{
    private uint _results;
    private TimeSpan? _badAt;
    private TimeSpan? _silentSince;
    private TimeSpan? _lastChange;
    private TimeSpan? _changeBefore;
    private bool _told;

    /// <summary>Answered once: only from then on does silence mean anything. A security group may well close the door for good.</summary>
    public bool Armed { get; private set; }

    public HostHealth Health { get; private set; }

    /// <summary>Unanswered probes in a row.</summary>
    public int Misses { get; private set; }

    /// <summary>Of the newest <see cref="ProbeRules.LossWindow"/> probes, unanswered.</summary>
    public int Lost => BitOperations.PopCount(_results);

    public bool Silent => Misses >= rules.Count;

    /// <summary>One miss short of silence: a fault of our eyes shows in every host by the time that the first one is silent.</summary>
    public bool Failing => Misses >= rules.Count - 1;

    private bool Lossy => Lost >= ProbeRules.LossLimit;

    /// <summary>Its silence was noticed before that moment, and was its own: nothing is judged while we are blind.</summary>
    public bool SilentBefore(TimeSpan moment) => _silentSince < moment;

    /// <summary>As it was left by the controller before: a host that was dead then stays so until it answers.</summary>
    public void Remember(HostHealth health)
    {
        Armed = true;
        Health = health == HostHealth.Draining ? HostHealth.Up : health;
        if (Health == HostHealth.Up) return;
        _badAt = TimeSpan.Zero;
        if (Health == HostHealth.Down) (Misses, _silentSince) = (rules.Count, TimeSpan.MinValue);
    }

    public void Answered()
    {
        Armed = true;
        Misses = 0;
        _silentSince = null;
        Note(false);
    }

    public void Missed()
    {
        if (!Armed) return;
        Misses++;
        Note(true);
    }

    /// <summary>What was missed while we were blind says nothing of the host.</summary>
    public void Forgive()
    {
        if (_silentSince is null) (Misses, _results) = (0, 0);
    }

    /// <summary>
    /// Moves <see cref="Health"/> on; true when there is something new to tell. A fall from Up is never put off. Every other change waits until it is at most the
    /// second, and a rise to Up until it is the first, within the hold-down: so no run of answers and misses whatsoever
    /// changes the health more than twice in that time.
    /// </summary>
    public bool Judge(TimeSpan now)
    {
        if (!Armed) return false;
        var first = !_told;
        _told = true;
        if (Silent || Lossy) _badAt = now;
        if (Silent) _silentSince ??= now;
        var next = Next(now);
        if (next == Health || Health != HostHealth.Up && Recent(now) > (next == HostHealth.Up ? 0 : 1)) return first;
        (Health, _changeBefore, _lastChange) = (next, _lastChange, now);
        return true;
    }

    public string Why => Health switch
    {
        HostHealth.Down when Silent => $"{rules.Count} probes in a row went unanswered",
        HostHealth.Down => "it answers probes again, not steadily yet",
        HostHealth.Suspect when Silent => $"{rules.Count} probes in a row went unanswered, again; its health changed twice within {Minutes}",
        HostHealth.Suspect when Lossy => $"{ProbeRules.LossLimit} or more of its last {ProbeRules.LossWindow} probes went unanswered",
        HostHealth.Suspect => $"it answers probes again, for less than {Minutes}",
        _ => "it answers probes",
    };

    private string Minutes => rules.HoldDown.TotalSeconds % 60 == 0 ? $"{rules.HoldDown.TotalMinutes:0} min" : $"{rules.HoldDown.TotalSeconds:0.#} s";

    private HostHealth Next(TimeSpan now)
    {
        if (Silent) return HostHealth.Down;
        if (Lossy) return Health == HostHealth.Down ? HostHealth.Down : HostHealth.Suspect;
        var good = _badAt is { } bad ? now - bad : TimeSpan.MaxValue;
        return Health switch
        {
            HostHealth.Down when good >= rules.Steady => HostHealth.Suspect,
            HostHealth.Suspect when good >= rules.HoldDown => HostHealth.Up,
            _ => Health,
        };
    }

    private int Recent(TimeSpan now)
    {
        bool Within(TimeSpan? change) => change is { } at && now - at < rules.HoldDown;
        return (Within(_lastChange) ? 1 : 0) + (Within(_changeBefore) ? 1 : 0);
    }

    private void Note(bool missed)
    {
        _results = ((_results << 1) | (missed ? 1u : 0u)) & ((1u << ProbeRules.LossWindow) - 1);
    }
}
