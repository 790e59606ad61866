using Romana.Cloud.Planning;
using static Romana.Cloud.Tests.Planning.World;

namespace Romana.Cloud.Tests.Planning;

/// <summary>Somebody's route for a group that is elsewhere, taken over, takes one place and not two.</summary>
public sealed class AdoptedSegmentTests
{
    [Theory]
    [InlineData(4, true)]
    [InlineData(3, true)]
    [InlineData(2, false)]
    public void Taken_over_it_leaves_the_rest_of_the_room_to_the_blocks(int quota, bool complete)
    {
        var far = Leaf("10.244.64.0/18", name: "far") with { Via = "tgw-1" };
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/18", name: "g1"), far));
        var inventory = Inventory(
            [Host("h1"), Host("h2"), Host("h3")], [Block("10.244.0.0/26", "h1"), Block("10.244.1.0/26", "h2"), Block("10.244.2.0/26", "h3")],
            Table("rtb-a", quota, Other("10.244.64.0/18", "tgw-1")));
        var table = Plan(topology, inventory, PlanOptions.Default with { Adopt = true }).Tables[0];

        Assert.Equal((complete, complete ? 0 : 1), (table.Complete, table.Missing));
        Assert.Contains("10.244.64.0/18 > tgw-1", Lines(table));
        Assert.Equal(complete ? quota - 1 : 1, table.Used);
    }
}
