using Romana.Cloud.Discovery;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;

namespace Romana.Cloud.Control;

/// <summary>Remembers who was fit to lead when the routes were last seen to, and says whether that is news.</summary>
internal sealed class Fitness
{
    private HashSet<string> _down = [];
    private HealthPicture _health = HealthPicture.Nothing;

    public bool IsNews(SeenHosts hosts, HealthPicture health) => !Down(hosts).SetEquals(_down) || !health.DecidesLike(_health);

    /// <summary>The routes follow that by now. Not said of a pass that failed or was overtaken: it is news still.</summary>
    public void Keep(SeenHosts hosts, HealthPicture health) => (_down, _health) = (Down(hosts), health);

    private static HashSet<string> Down(SeenHosts hosts) => hosts.Hosts.Where(host => host.Health != HostHealth.Up)
        .Select(host => host.Sighting.PodInterface?.Id ?? host.Sighting.Name).ToHashSet(StringComparer.Ordinal);
}
