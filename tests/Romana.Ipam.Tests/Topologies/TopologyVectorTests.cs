using System.Text.Json;
using System.Text.Json.Nodes;
using Romana.Ipam.Topologies;
using Romana.Testing.Vectors;

namespace Romana.Ipam.Tests.Topologies;

public class TopologyVectorTests
{
    public static TheoryData<string> All => VectorFiles.In("topology");

    [Theory]
    [MemberData(nameof(All))]
    public void A_document_is_laid_out_as_the_vector_says(string name)
    {
        var vector = VectorFiles.Load("topology", name);

        var reading = TopologyDocument.Read(vector["document"]!.ToJsonString());

        Assert.NotNull(reading.Topology);
        var view = JsonSerializer.SerializeToNode(TopologyView.Of(reading.Topology), JsonSerializerOptions.Web)!;
        Assert.True(JsonNode.DeepEquals(vector["expect"]!["groups"], view["groups"]), view["groups"]!.ToJsonString());
        VectorFiles.AssertCovers(vector["expect"], view, name);
    }
}
