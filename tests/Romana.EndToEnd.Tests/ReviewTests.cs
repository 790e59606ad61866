using Romana.Demo.Ec2;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>What a restored store says of routes may be long untrue.</summary>
public sealed class ReviewTests
{
    [Fact]
    public async Task No_route_is_written_out_of_a_restored_store_while_it_is_under_review()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 3), speed: 20);
        var store = (InMemoryStore)rig.Store;
        await using (rig.Controller()) await rig.SettledAsync();
        store.Restore(store.Save());
        var table = rig.Vpc.State.Tables.Values.First(one => one.Routes.Values.Any(route => route.Target.StartsWith("eni-", StringComparison.Ordinal)));
        foreach (var route in table.Routes.Values.Where(route => route.Target.StartsWith("eni-", StringComparison.Ordinal)))
            rig.Vpc.TakeRoute(table.Id, route.Destination);
        rig.Vpc.ForgetCalls();

        rig.Options = rig.Options with { NewStore = false, VisibilityLag = TimeSpan.Zero };
        await using var controller = rig.Controller();
        await rig.UntilAsync(() => rig.State.Current.Conditions.Any(standing => standing.Condition.Type == "StoreUnderReview")
            && rig.State.Current.Plan is { } plan && plan.Refused.Any(refusal => refusal.Code == "review"), "the review");

        Assert.Equal(0, rig.Count("CreateRoute"));
        Assert.Equal(StoreStanding.Rewound, store.Standing);
    }
}
