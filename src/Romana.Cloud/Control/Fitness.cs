using Romana.Cloud.Discovery;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;

namespace Romana.Cloud.Control;

/// <summary>Remembers who was fit to lead, and says whether that is news.</summary>
internal sealed class Fitness
{
    private HashSet<string> _down = [];
    private HealthPicture _health = HealthPicture.Nothing;

    public bool IsNews(SeenHosts hosts, HealthPicture health)
    {
        var down = hosts.Hosts.Where(host => host.Health != HostHealth.Up).Select(host => host.Sighting.PodInterface?.Id ?? host.Sighting.Name)
            .ToHashSet(StringComparer.Ordinal);
        var isNews = !down.SetEquals(_down) || !health.DecidesLike(_health);
        (_down, _health) = (down, health);
        return isNews;
    }
}
