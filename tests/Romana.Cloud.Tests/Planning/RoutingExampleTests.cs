using System.Globalization;
using Romana.Cloud.Planning;
using Romana.Cloud.Topologies;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Planning;

/// <summary>The worked example of docs/routing.md and its drawing say what the planner plans for docs/examples/routing.*.</summary>
public sealed class RoutingExampleTests
{
    private static readonly string Page = Read("docs/routing.md");
    private static readonly string Drawing = Read("docs/routing.svg");

    [Fact]
    public void The_table_of_the_example_and_of_the_drawing_is_the_planners()
    {
        var table = Assert.Single(Plan(null).Tables);
        Assert.Equal((5, 1, 4, true), (table.Quota, table.Foreign, table.Used, table.Complete));
        Assert.Equal(3, table.Routes.Length);
        foreach (var route in table.Routes)
        {
            Assert.Contains($"| {route.Destination} | {route.Host} | {route.Kind.ToString().ToLowerInvariant()} |", Page, StringComparison.Ordinal);
            Assert.Contains($">{route.Destination}</text>", Drawing, StringComparison.Ordinal);
        }

        var share = string.Create(CultureInfo.InvariantCulture, $"{table.ExtraHopShare * 100:0.0} %");
        Assert.Contains(share, Page, StringComparison.Ordinal);
        Assert.Contains(share, Drawing, StringComparison.Ordinal);
    }

    [Fact]
    public void With_one_route_more_the_example_is_exact_as_the_page_says()
    {
        var table = Assert.Single(Plan(6).Tables);
        Assert.Equal((4, 0.0), (table.Routes.Length, table.ExtraHopShare));
        Assert.Contains("Exact routes would be 4, and there is room for 3", Drawing, StringComparison.Ordinal);
        Assert.Contains("With a quota of 6", Page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.244.2.70", "10.244.2.0/25", "h4", "h4")]
    [InlineData("10.244.1.70", "10.244.1.0/24", "h2", "h3")]
    [InlineData("10.244.3.200", "10.244.0.0/22", "h1", null)]
    public void The_three_packets_go_where_page_and_drawing_say(string address, string route, string host, string? holder)
    {
        var (topology, inventory) = Example();
        var best = Assert.Single(RoutePlanner.Plan(topology, inventory, PlanOptions.Default).Tables).Routes
            .Where(one => one.Destination.Contains(IpAddress.Parse(address))).MaxBy(one => one.Destination.Length)!;
        Assert.Equal((route, host), (best.Destination.ToString(), best.Host));
        Assert.Equal(holder, inventory.Blocks!.Value.Where(block => block.Cidr.Contains(IpAddress.Parse(address))).Select(block => block.Host).SingleOrDefault());
        Assert.Contains(address, Page, StringComparison.Ordinal);
        Assert.Contains($"to {address}", Drawing, StringComparison.Ordinal);
    }

    private static RoutePlan Plan(int? limit)
    {
        var (topology, inventory) = Example();
        return RoutePlanner.Plan(topology, inventory, PlanOptions.Default with { Limit = limit });
    }

    private static (Topology, Inventory) Example()
    {
        var topology = TopologyDocument.Read(YamlJson.Convert(Read("docs/examples/routing.yaml"))).Topology!;
        return (topology, InventoryDocument.Read(Read("docs/examples/routing.json")).Inventory!);
    }

    private static string Read(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Romana.sln"))) folder = folder.Parent;
        return File.ReadAllText(Path.Combine(folder.FullName, path));
    }
}
