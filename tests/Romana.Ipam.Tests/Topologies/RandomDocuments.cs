using CsCheck;

namespace Romana.Ipam.Tests.Topologies;

/// <summary>Documents of the right shape with values that are right more often than not.</summary>
internal static class RandomDocuments
{
    private static readonly Gen<string> Cidr = Gen.Frequency(
        (6, Gen.Select(Gen.Int[0, 5], Gen.Int[8, 30], (net, length) => Ipam.Addressing.Cidr.Around(Ipam.Addressing.IpAddress.Parse($"10.{net}.0.0"), length).ToString())),
        (3, Gen.Select(Gen.Int[0, 5], Gen.Int[16, 126], (net, length) => Ipam.Addressing.Cidr.Around(Ipam.Addressing.IpAddress.Parse($"fd00:{net}::"), length).ToString())),
        (1, Pick("10.0.0.1/8", "x", "", "300.0.0.0/8", "0.0.0.0/0", "::/0")));

    private static readonly Gen<string> Name = Pick("a", "b", "c", "d");

    private static readonly Gen<string> Extra = Gen.Frequency(
        (6, Gen.Const("")),
        (2, Gen.Int[0, 130].Select(mask => $", \"block_mask\": {mask}")),
        (1, Pick(", \"tenants\": [\"*\"]", ", \"vlan\": 9", ", \"owner\": \"host\"", ", \"gateway\": \"10.0.0.1\"", ", \"reserved\": [\"10.0.0.0/28\"]", ", \"mtu\": \"x\"")));

    private static readonly Gen<string> Network = Gen.Select(Name, Cidr, Extra, (name, cidr, extra) => $$"""{"name": "{{name}}", "cidr": "{{cidr}}"{{extra}}}""");

    public static readonly Gen<string> Any = Gen.Select(
        List(Network, 0, 3),
        List(Gen.Select(List(Name.Select(name => $"\"{name}\""), 1, 2), List(Group(3), 0, 4), (names, map) => $$"""{"networks": {{names}}, "map": {{map}}}"""), 0, 3),
        (networks, topologies) => $$"""{"networks": {{networks}}, "topologies": {{topologies}}}""");

    private static Gen<string> Group(int depth) => Gen.Frequency(
        (3, Gen.Const("{}")),
        (1, Cidr.Select(cidr => $$"""{"cidr": "{{cidr}}"}""")),
        (1, Gen.Const("""{"groups": [{"name": "h", "ip": "1.1.1.1"}]}""")),
        (1, Gen.Const("""{"dummy": true, "routing": "block-announce-vpc,foo", "assignment": {"z": "1"}}""")),
        (depth == 0 ? 0 : 4, depth == 0 ? Gen.Const("{}") : List(Group(depth - 1), 0, 5).Select(groups => $$"""{"groups": {{groups}}}""")));

    private static Gen<string> Pick(params string[] choices) => Gen.Int[0, choices.Length - 1].Select(index => choices[index]);

    private static Gen<string> List(Gen<string> item, int least, int most) => item.List[least, most].Select(items => $"[{string.Join(", ", items)}]");
}
