using Romana.Cloud.Discovery;
using Romana.Cloud.Health;
using Romana.Cloud.Health.Judging;

namespace Romana.Cloud.Control;

/// <summary>Whose pass changed something.</summary>
public enum Changed
{
    Hosts,
    Checks,
    Routes,

    /// <summary>What the hosts are taken for: the routes follow at once.</summary>
    Health,
}

/// <summary>What the loops tell each other: each value is written by one loop and read by the others.</summary>
public sealed class World
{
    private volatile SeenHosts? _hosts;
    private volatile RoutedSet _routed = RoutedSet.Nothing;
    private volatile StandingRoutes? _standing;
    private volatile HealthPicture _health = HealthPicture.Nothing;
    private volatile IReadOnlyList<WatchedHost> _watched = [];
    private volatile bool _moreFollows;
    private int _rediscover = 1;

    /// <summary>Newest complete look at the hosts; null before the first.</summary>
    public SeenHosts? Hosts
    {
        get => _hosts;
        set => _hosts = value;
    }

    /// <summary>What the managed tables route rightly, by the newest picture of them.</summary>
    public RoutedSet Routed
    {
        get => _routed;
        set => _routed = value;
    }

    /// <summary>What the tables, or calls under way, may hold; null before the tables were read: then nothing may be freed.</summary>
    internal StandingRoutes? Standing
    {
        get => _standing;
        set => _standing = value;
    }

    /// <summary>What the hosts are taken for, by all sources of health.</summary>
    public HealthPicture Health
    {
        get => _health;
        set => _health = value;
    }

    /// <summary>Hosts of the store that are not dead: those whose health is asked for.</summary>
    public IReadOnlyList<WatchedHost> Watched
    {
        get => _watched;
        set => _watched = value;
    }

    /// <summary>
    /// A long plan is being sent part by part. Looks are taken less often meanwhile: what they would find waits behind
    /// the calls anyway, and those share the account's buckets with them.
    /// </summary>
    internal bool MoreFollows
    {
        get => _moreFollows;
        set => _moreFollows = value;
    }

    /// <summary>Periods that may pass between two looks at the hosts; the tables may be looked at half as often.</summary>
    internal int Patience => _moreFollows ? 3 : 1;

    /// <summary>A pass ended that the other loops should know of.</summary>
    public event Action<Changed>? Told;

    public void Tell(Changed by) => Told?.Invoke(by);

    /// <summary>An interface or instance was not where it was last seen: ask EC2 before the next audit is due.</summary>
    public void AskRediscovery() => Interlocked.Exchange(ref _rediscover, 1);

    public bool TakeRediscovery() => Interlocked.Exchange(ref _rediscover, 0) == 1;
}
