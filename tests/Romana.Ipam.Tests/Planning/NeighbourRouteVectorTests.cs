using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Romana.Ipam.Addressing;
using Romana.Ipam.Planning;
using Romana.Testing.Vectors;

namespace Romana.Ipam.Tests.Planning;

public class NeighbourRouteVectorTests
{
    public static TheoryData<string> Routes => OfKind("route_to_block");

    public static TheoryData<string> Rules => OfKind("rule");

    [Theory]
    [MemberData(nameof(Routes))]
    public void A_route_to_a_block_is_as_the_vector_says(string name)
    {
        foreach (var each in VectorFiles.Load("host-routes", name)["cases"]!.AsArray())
        {
            var given = each!.AsObject();
            ImmutableArray<PathToHost>? paths = given["paths_to_host"] is JsonArray list ? [.. list.Select(path => Path(path!))] : null;

            var route = NeighbourRoutes.ToBlock(
                Cidr.Parse((string)given["block"]!["cidr"]!), IpAddress.Parse((string)given["host_ip"]!), paths,
                (bool)given["multihop"]!, (int)given["table"]!);

            VectorFiles.AssertCovers(given["expect"], Told(route), $"{name}: {given["name"]}");
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_rule_is_added_once(string name)
    {
        foreach (var given in VectorFiles.Load("host-routes", name)["cases"]!.AsArray())
        {
            var existing = given!["existing_rule_tables"]!.AsArray().Select(table => (int)table!);
            Assert.Equal((int?)given["expect_added"], NeighbourRoutes.MissingRule((int)given["table"]!, existing));
        }
    }

    [Fact]
    public void Several_paths_are_no_fault_where_the_kernel_spreads_over_them()
    {
        ImmutableArray<PathToHost> two = [new(null), new(null)];
        var route = NeighbourRoutes.ToBlock(Cidr.Parse("10.0.0.0/26"), IpAddress.Parse("192.168.0.2"), two, false, 10, multipath: true);
        Assert.IsType<NeighbourRoute.Route>(route);
    }

    private static PathToHost Path(JsonNode path) => new(path["gateway"] is { } gateway ? IpAddress.Parse((string)gateway!) : null);

    private static JsonObject Told(NeighbourRoute route) => route switch
    {
        NeighbourRoute.Route found => new JsonObject
        {
            ["route"] = new JsonObject
            {
                ["dst"] = found.Destination.ToString(),
                ["gateway"] = found.Gateway.ToString(),
                ["table"] = found.Table,
            },
        },
        NeighbourRoute.Refused refused => new JsonObject { ["error"] = refused.Code },
        _ => throw new InvalidOperationException(),
    };

    private static TheoryData<string> OfKind(string kind)
    {
        var data = new TheoryData<string>();
        foreach (var row in VectorFiles.In("host-routes"))
        {
            if ((string?)VectorFiles.Load("host-routes", row.Data)["kind"] == kind) data.Add(row.Data);
        }

        return data;
    }
}
