using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Topologies;

public class GroupPlacementTests
{
    private static readonly Network Network = TopologyDocument.Read("""
        {"networks": [{"name": "n", "cidr": "10.0.0.0/16"}], "topologies": [{"networks": ["n"], "map": [
            {"name": "z1", "assignment": {"zone": "1"}, "groups": [{"name": "r1", "assignment": {"rack": "1"}}, {"name": "any"}]},
            {"name": "z2", "assignment": {"zone": "2", "tier": ""}},
            {"name": "all"}]}]}
        """).Topology!.Networks[0];

    [Theory]
    [InlineData("", "", "all")]
    [InlineData("zone=1", "", "any")]
    [InlineData("zone=1,rack=1", "", "r1")]
    [InlineData("zone=1,rack=1", "r1=1", "any")]
    [InlineData("zone=1,rack=1", "r1=1,any=1", "all")]
    [InlineData("zone=1,rack=1", "r1=1,any=1,all=1", "r1")]
    [InlineData("zone=2", "", "all")]
    [InlineData("zone=2,tier=", "", "z2")]
    [InlineData("zone=2,tier=x", "all=9", "all")]
    [InlineData("rack=1", "", "all")]
    public void The_eligible_leaf_with_the_fewest_hosts_is_chosen(string labels, string hosts, string leaf)
    {
        var counts = Pairs(hosts).ToDictionary(pair => pair.Key, pair => int.Parse(pair.Value));
        Assert.Equal(leaf, GroupPlacement.Choose(Network, Pairs(labels), group => counts.GetValueOrDefault(group.Name))?.Name);
    }

    [Fact]
    public void Padding_takes_nobody() => Assert.DoesNotContain(GroupPlacement.Eligible(Network, Pairs("zone=1,rack=1")), group => group.Path is [3]);

    private static Dictionary<string, string> Pairs(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
}
