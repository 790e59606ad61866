using System.Collections.Immutable;
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
        string[] late;
        ImmutableSortedDictionary<RecordKey, StoredRecord> copy;
        await using (rig.Controller())
        {
            await rig.SettledAsync();
            copy = store.Save();

            // What the copy does not know of.
            var tags = rig.Vpc.State.Instances.Values.First().Tags.SetItem("Name", "late");
            rig.Vpc.Launch(new Launch { SubnetId = rig.Vpc.State.Subnets.Keys.First(), Name = "late", Tags = tags });
            await rig.UntilAsync(() => rig.PodRoutes().Any(route => route.EndsWith(rig.EniOf("late"), StringComparison.Ordinal)), "a grant after the copy");
            await rig.SettledAsync();
            late = [.. rig.PodRoutes().Where(route => route.EndsWith(rig.EniOf("late"), StringComparison.Ordinal))];
        }

        store.Restore(copy);
        var table = rig.Vpc.State.Tables.Values.First(one => one.Routes.Values.Any(route => route.Target.StartsWith("eni-", StringComparison.Ordinal)));
        foreach (var route in table.Routes.Values.Where(route => route.Target.StartsWith("eni-", StringComparison.Ordinal)))
            rig.Vpc.TakeRoute(table.Id, route.Destination);
        rig.Vpc.ForgetCalls();

        rig.Options = rig.Options with { NewStore = false, VisibilityLag = TimeSpan.Zero };
        await using var controller = rig.Controller();
        await rig.UntilAsync(() => rig.State.Current.Conditions.Any(standing => standing.Condition.Type == "StoreUnderReview")
            && rig.State.Current.Plan is { } plan && plan.Refused.Any(refusal => refusal.Code == "review"), "the review");

        // Nor is one taken away: those of the host that the copy does not know stand where nobody took them.
        Assert.Equal(0, rig.Mutations);
        var left = late.Where(route => !route.StartsWith(table.Id, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(left);
        Assert.Subset(rig.All().ToHashSet(), left.ToHashSet());
        Assert.Equal(StoreStanding.Rewound, store.Standing);
    }
}
