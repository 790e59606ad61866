using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Cloud.Discovery;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Tests.Control;

public sealed class FitnessTests
{
    private static readonly HealthPicture Down = new()
    {
        Hosts = ImmutableSortedDictionary<HostUid, JudgedHost>.Empty.Add(new HostUid("h-1"), new JudgedHost(HostHealth.Down, "probes", "silent", default)),
    };

    [Fact]
    public void News_stays_news_until_a_pass_came_to_its_end_with_it()
    {
        var fitness = new Fitness();
        Assert.False(fitness.IsNews(SeenHosts.None, HealthPicture.Nothing));
        Assert.True(fitness.IsNews(SeenHosts.None, Down));

        // The store did not answer: the next pass, which has to hurry all the same, asks again.
        Assert.True(fitness.IsNews(SeenHosts.None, Down));
        fitness.Keep(SeenHosts.None, Down);
        Assert.False(fitness.IsNews(SeenHosts.None, Down));
        Assert.True(fitness.IsNews(SeenHosts.None, HealthPicture.Nothing));
    }
}
