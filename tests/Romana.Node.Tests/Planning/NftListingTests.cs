using Romana.Node.Planning;
using static Romana.Node.Tests.Planning.Fabrics;

namespace Romana.Node.Tests.Planning;

/// <summary>Our table read back from nft's JSON.</summary>
public sealed class NftListingTests
{
    [Fact]
    public void Elements_of_every_form_are_read_as_they_are_written()
    {
        var listing = NftListing.Read("""
            {"nftables": [{"metainfo": {"version": "1.0.6"}}, {"table": {"family": "inet", "name": "romana", "handle": 2}},
            {"set": {"name": "fabric", "type": "ifname", "elem": ["eth0"]}}, {"set": {"name": "pods4", "type": ["ifname", "ipv4_addr"], "elem": [{"concat": ["rom1", "10.0.0.1"]}]}},
            {"set": {"name": "keep4", "type": "ipv4_addr", "flags": ["interval"], "elem": [{"prefix": {"addr": "100.64.0.0", "len": 26}}, "10.0.0.1"]}},
            {"set": {"name": "native4", "type": ["ipv4_addr", "ipv4_addr"], "elem": [{"concat": [{"prefix": {"addr": "100.64.0.0", "len": 16}}, "198.51.101.1"]}]}},
            {"set": {"name": "native6", "type": ["ipv6_addr", "ipv6_addr"]}}, {"map": {"name": "to_pod", "type": "ifname", "map": "verdict"}},
            {"chain": {"name": "layout_12345678", "handle": 1}}, {"chain": {"name": "prerouting", "hook": "prerouting", "prio": -300, "policy": "accept"}},
            {"rule": {"chain": "prerouting", "handle": 13, "comment": "spoof4", "expr": [{"counter": {"packets": 7, "bytes": 0}}, {"drop": null}]}}]}
            """);
        Assert.Equal("layout_12345678", listing.LayoutName);
        Assert.Equal(["prerouting/spoof4"], listing.RuleNames);
        Assert.Equal(["\"eth0\""], listing.Sets["fabric"]);
        Assert.Equal(["\"rom1\" . 10.0.0.1"], listing.Sets["pods4"]);
        Assert.Equal(["10.0.0.1", "100.64.0.0/26"], listing.Sets["keep4"]);
        Assert.Equal(["100.64.0.0/16 . 198.51.101.1"], listing.Sets["native4"]);
        Assert.Empty(listing.Sets["native6"]);
        Assert.Equal("prerouting \"prerouting\" -300 \"accept\"\nprerouting/spoof4 {\"drop\": null}\n", listing.Print);
    }

    [Fact]
    public void The_layout_has_another_name_when_its_text_differs_and_not_when_sets_do()
    {
        var facts = Facts(Look);
        var name = FabricNft.Of(facts).LayoutName;
        Assert.Equal(name, FabricNft.Of(facts with { Adjacent = [] }).LayoutName);
        Assert.NotEqual(name, FabricNft.Of(facts with { Primary = [Ip("10.0.1.99")] }).LayoutName);
    }
}
