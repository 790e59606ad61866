using Romana.Demo.Ec2;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>A store put back from a backup grants nothing until its review is over, and grants again afterwards.</summary>
public sealed class RestoreTests
{
    [Fact]
    public async Task A_restored_store_is_reviewed_once_and_then_serves_a_host_that_joined()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 3));
        var store = (InMemoryStore)rig.Store;
        await using (rig.Controller()) await rig.SettledAsync();
        var before = rig.PodRoutes();
        store.Restore(store.Save());
        var tags = rig.Vpc.State.Instances.Values.First().Tags.SetItem("Name", "late");
        rig.Vpc.Launch(new Launch { SubnetId = rig.Vpc.State.Subnets.Keys.First(), Name = "late", Tags = tags });

        rig.Options = rig.Options with { NewStore = false };
        await using var controller = rig.Controller();
        await rig.UntilAsync(() => rig.State.Current.Conditions.Any(standing => standing.Condition.Type == "StoreUnderReview"), "the review");
        Assert.Equal(StoreStanding.Rewound, store.Standing);
        await rig.UntilAsync(() => rig.PodRoutes().Count > before.Count, "a route to the host that joined");

        Assert.Equal(StoreStanding.Trusted, store.Standing);
        Assert.Empty(before.Except(rig.PodRoutes()));
    }
}
