using System.Text;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Tests.Planning.Vlans;

/// <summary>What a host's kernel shall hold of its VLANs, whole, as one text for each kind of host (../Golden/vlan-*).</summary>
public sealed class GoldenVlanTests
{
    [Theory]
    [InlineData("vlan-plain")]
    [InlineData("vlan-tagged")]
    [InlineData("vlan-to-be-made")]
    [InlineData("vlan-of-the-management")]
    public void The_kernel_of_a_host(string name)
    {
        var facts = name switch
        {
            "vlan-tagged" => VlanCases.Facts(VlanCases.Tagged, VlanCases.WithTagged),
            "vlan-to-be-made" => VlanCases.Facts(VlanCases.Tagged, VlanCases.Look),
            "vlan-of-the-management" => VlanCases.Facts(VlanCases.Plain with { HostAddresses = [VlanCases.Ip("192.168.10.11")] }, VlanCases.Inside),
            _ => VlanCases.Facts(VlanCases.Plain, VlanCases.Look),
        };
        var text = Shown(VlanState.Of(facts));
        var file = Path.Combine(AppContext.BaseDirectory, "Planning", "Golden", name + ".txt");
        var expected = File.Exists(file) ? File.ReadAllText(file) : "";
        if (text != expected) File.WriteAllText(file + ".actual", text);
        Assert.Equal(expected, text);
    }

    [Fact]
    public void Beside_a_routed_network_there_is_one_table_with_everything_of_both()
    {
        var (vlans, fabric) = (VlanNft.Of(VlanCases.Facts(VlanCases.Plain, VlanCases.Look)), FabricNft.Of(Fabrics.Facts(Fabrics.Look)));
        var both = vlans.Onto(fabric);
        Assert.Equal(both.Sets.Length, both.Sets.DistinctBy(set => set.Name).Count());
        Assert.Equal(both.Chains.Length, both.Chains.DistinctBy(chain => chain.Name).Count());
        Assert.All(vlans.Sets.Concat(fabric.Sets), set => Assert.Superset(set.Elements, both.Sets.Single(one => one.Name == set.Name).Elements));
        var rules = both.Chains.SelectMany(chain => chain.Rules).ToHashSet();
        Assert.All(vlans.Chains.Concat(fabric.Chains).SelectMany(chain => chain.Rules), rule => Assert.Contains(rule, rules));
    }

    private static string Shown(KernelState state)
    {
        var text = new StringBuilder();
        foreach (var link in state.Links) text.Append($"{link}\n");
        foreach (var setting in state.Settings) text.Append($"{setting.Name} = {setting.Value}\n");
        text.Append('\n');
        foreach (var address in state.Addresses) text.Append($"{address} {address.Flags}\n");
        text.Append('\n');
        foreach (var rule in state.Rules) text.Append($"{rule}\n");
        text.Append('\n');
        foreach (var route in state.Routes) text.Append($"{route}\n");
        text.Append('\n');
        foreach (var proxy in state.Proxies) text.Append($"{proxy}\n");
        return text.Append('\n').Append(state.Nft!.Text()).ToString();
    }
}
