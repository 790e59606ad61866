using System.Text;
using CsCheck;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Topologies;

/// <summary>Documents that nobody sane writes: a clear refusal, soon, and never a fault.</summary>
public class HostileDocumentTests
{
    private const string Head = """{"networks": [{"name": "a", "cidr": "10.0.0.0/8", "block_mask": 32}, {"name": "b", "cidr": "fd00::/8"}], "topologies": [{"networks": ["b"], "map": """;

    [Theory]
    [InlineData(200_000)]
    [InlineData(141)]
    public void Deep_nesting_is_an_error_and_no_overflow(int depth)
    {
        var text = new StringBuilder(Head).Append('[').Insert(Head.Length + 1, "{\"groups\":[", depth).Append("{}").Append(Repeat("]}", depth)).Append("]}]}");
        Assert.Equal("nested_too_deeply", Assert.Single(TopologyDocument.Read(text.ToString()).Errors).Code);
    }

    [Fact]
    public void As_many_levels_as_addresses_have_bits_are_read()
    {
        var text = new StringBuilder(Head).Append('[').Append(Repeat("{\"groups\":[", 129)).Append("{}").Append(Repeat("]}", 129)).Append("]}]}");
        Assert.Empty(TopologyDocument.Read(text.ToString()).Errors);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{\"a\":")]
    [InlineData("{\"networks\": [], \"x\": [[")]
    public void Depth_without_an_end_is_an_error(string opening) =>
        Assert.Equal("nested_too_deeply", Assert.Single(TopologyDocument.Read(Repeat(opening, 300_000)).Errors).Code);

    [Fact]
    public void A_hundred_thousand_groups_are_laid_out()
    {
        var text = Head + "[" + string.Join(',', Enumerable.Repeat("{}", 100_000)) + "]}]}";
        var root = TopologyDocument.Read(text).Topology!.Network("b")!.Root!;
        Assert.Equal(131_072, root.Groups.Length);
        Assert.Equal(31_072, root.Groups.Count(group => group.Kind == GroupKind.Padding));
        Assert.Equal(25, root.Groups[^1].Cidr.Length);
    }

    [Fact]
    public void More_groups_than_the_limit_are_refused()
    {
        var text = Head + "[" + string.Join(',', Enumerable.Repeat("{}", 300_000)) + "]}]}";
        Assert.Equal("too_many_groups", Assert.Single(TopologyDocument.Read(text).Errors).Code);
    }

    [Fact]
    public void A_list_too_long_for_its_network_is_one_error()
    {
        var text = """{"networks": [{"name": "b", "cidr": "10.0.0.0/24"}], "topologies": [{"networks": ["b"], "map": [""" + string.Join(',', Enumerable.Repeat("{}", 100_000)) + "]}]}";
        Assert.Equal("invalid_block_mask", Assert.Single(TopologyDocument.Read(text).Errors).Code);
    }

    [Fact]
    public void Endless_errors_are_cut_short()
    {
        var reading = TopologyDocument.Read("{\"networks\": [" + string.Join(',', Enumerable.Repeat("{}", 50_000)) + "]}");
        Assert.Equal(1001, reading.Problems.Length);
        Assert.Equal("more_problems", reading.Problems[^1].Code);
    }

    [Fact]
    public void Thousands_of_networks_are_compared_quickly()
    {
        var networks = Enumerable.Range(0, 20_000).Select(i => $$"""{"name": "n{{i}}", "cidr": "10.{{i / 256}}.{{i % 256}}.0/24"}""");
        var reading = TopologyDocument.Read("{\"networks\": [" + string.Join(',', networks) + "]}");
        Assert.Equal(20_000, reading.Topology!.Networks.Length);
    }

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    [Fact]
    public void Random_text_never_is_a_fault() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["{}[]\",:\\ud80networks01/.e-"], 0, 60]).Sample(text => Assert.NotNull(TopologyDocument.Read(text)));

    [Fact]
    public void Random_documents_are_refused_or_sound() => RandomDocuments.Any.Sample(document =>
    {
        var reading = TopologyDocument.Read(document);
        Assert.Equal(reading.Topology is null, reading.Errors.Any());
        if (reading.Topology is { } topology) AssertSound(topology);
    });

    /// <summary>I3: group within group within network, and siblings apart; no two networks meet.</summary>
    private static void AssertSound(Topology topology)
    {
        var cidrs = topology.Networks.Select(network => network.Cidr).Order().ToList();
        for (var i = 1; i < cidrs.Count; i++) Assert.False(cidrs[i - 1].Overlaps(cidrs[i]));
        foreach (var network in topology.Networks)
        {
            Assert.InRange(network.BlockMask, network.Cidr.Length, network.Cidr.Family == Ipam.Addressing.IpFamily.IPv4 ? 32 : 128);
            if (network.Root is null) continue;
            Assert.True(network.Cidr.Contains(network.Root.Cidr));
            foreach (var group in network.Root.SelfAndBelow)
            {
                Assert.Equal(network.Name, group.Network);
                Assert.True(group.Cidr.Length <= network.BlockMask);
                Assert.True(group.Kind == GroupKind.Groups == group.Groups.Length > 0);
                Assert.All(group.Groups, child => Assert.True(group.Cidr.Contains(child.Cidr)));
                var children = group.Groups.Select(child => child.Cidr).Order().ToList();
                for (var i = 1; i < children.Count; i++) Assert.False(children[i - 1].Overlaps(children[i]));
            }
        }
    }
}
