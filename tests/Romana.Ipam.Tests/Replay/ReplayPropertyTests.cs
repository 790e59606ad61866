using System.Text.Json.Nodes;
using CsCheck;
using Romana.Ipam.Addressing;
using Romana.Ipam.Replay;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Replay;

/// <summary>Random steps on the replayed allocator: I1 to I4, and a refused step changes nothing.</summary>
public class ReplayPropertyTests
{
    private static readonly string[] Documents =
    [
        Document("10.0.0.0/26", 30, """{"groups": []}, {"assignment": {"r": "1"}, "groups": []}"""),
        Document("10.0.0.0/25", 30, """{"groups": []}, {"assignment": {"r": "1"}, "groups": []}"""),
        Document("10.0.0.0/26", 29, """{"groups": []}"""),
        Document("10.0.0.0/26", 31, """{"groups": [{"name": "h0", "ip": "192.168.0.0"}]}"""),
        Document("10.0.0.0/26", 30, """{"groups": []}, {"groups": []}, {"groups": []}""", """, "reserved": ["10.0.0.4/31"]"""),
        Document("10.0.0.0/28", 30, """{"groups": []}""", """, "owner": "host" """),
    ];

    private static readonly Gen<string> Host = Gen.Int[0, 3].Select(number => $"h{number}");
    private static readonly Gen<string> Label = Gen.Int[0, 2].Select(number => $"{number}");

    private static readonly Gen<JsonObject> Step = Gen.Frequency(
        (10, Gen.Select(Gen.Int[0, 60], Host, Gen.Int[0, 2], (name, host, tenant) =>
            new JsonObject { ["op"] = "allocate", ["name"] = $"a{name}", ["host"] = host, ["tenant"] = $"t{tenant}" })),
        (6, Gen.Int[0, 60].Select(name => new JsonObject { ["op"] = "deallocate", ["address"] = $"a{name}" })),
        (3, Gen.Select(Host, Label, (host, label) => HostStep("add_host", host, label))),
        (1, Host.Select(host => HostStep("remove_host", host, "0"))),
        (1, Gen.Select(Host, Label, (host, label) => HostStep("update_host_labels", host, label))),
        (1, Gen.Select(Gen.Int[0, 63], Gen.Int[27, 32], (last, length) => new JsonObject { ["op"] = "black_out", ["cidr"] = $"10.0.0.{last}/{length}" })),
        (1, Gen.Select(Gen.Int[0, 63], Gen.Int[27, 32], (last, length) => new JsonObject { ["op"] = "un_black_out", ["cidr"] = $"10.0.0.{last}/{length}" })),
        (1, Gen.Int[0, Documents.Length - 1].Select(index => new JsonObject { ["op"] = "update_topology", ["topology"] = JsonNode.Parse(Documents[index]) })));

    [Fact]
    public void Random_steps_keep_the_invariants() => Step.Array[1, 60].Sample(steps =>
    {
        var replayer = new Replayer();
        Assert.Null(replayer.Begin(new JsonObject { ["topology"] = JsonNode.Parse(Documents[0]) }));
        var before = replayer.Allocator.Save();
        foreach (var answer in replayer.Run(new JsonObject { ["steps"] = new JsonArray([.. steps.Select(step => step.DeepClone())]) }))
        {
            var after = replayer.Allocator.Save();
            if (!(bool)answer["ok"]!) Assert.Equal(before, after);
            AssertSound(replayer.Allocator);
            replayer.Allocator.Load(after);
            Assert.Equal(after, replayer.Allocator.Save());
            before = after;
        }
    }, iter: 100);

    private static void AssertSound(ReplayAllocator allocator)
    {
        var addresses = allocator.Addresses.ToList();
        Assert.Equal(addresses.Count, addresses.Select(address => address.Ip).Distinct().Count());
        var blocks = allocator.Blocks.ToList();
        for (var i = 1; i < blocks.Count; i++) Assert.False(blocks[i - 1].Cidr.Overlaps(blocks[i].Cidr));
        Assert.All(blocks, block => Assert.Equal(block.Addresses.Count == 0, block.IsFree));
        Assert.Equal(addresses.Count, blocks.Sum(block => block.Addresses.Count));
        foreach (var address in addresses)
        {
            var block = Assert.Single(blocks, block => block.Addresses.Contains(address.Ip));
            var network = allocator.Topology.Networks.Single(network => network.Cidr.Contains(address.Ip));
            var seat = Assert.Single(allocator.Seats, seat => seat.Host.Name == address.Host && seat.Network == network.Name);
            Assert.Equal((address.Host, BlockOwner.Of(network, address.Tenant, address.Segment)), (block.Host, block.Owner));
            Assert.True(block.Cidr.Contains(address.Ip) && seat.Leaf.Contains(block.Cidr) && network.Cidr.Contains(seat.Leaf));
            Assert.True(KeptBack.Usable(network, address.Ip));
        }
    }

    private static JsonObject HostStep(string op, string host, string label) => new()
    {
        ["op"] = op,
        ["host"] = new JsonObject { ["name"] = host, ["ip"] = $"192.168.0.{host[1..]}", ["tags"] = new JsonObject { ["r"] = label } },
    };

    private static string Document(string cidr, int mask, string map, string more = "") =>
        $$"""{"networks": [{"name": "n", "cidr": "{{cidr}}", "block_mask": {{mask}}{{more}}}], "topologies": [{"networks": ["n"], "map": [{{map}}]}]}""";
}
