using System.Collections.Immutable;
using CsCheck;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Topologies;

public class TopologyDraftTests
{
    private static readonly ImmutableArray<LinkFact> Three =
        [new("subnet-a1", "a"), new("subnet-a2", "a"), new("subnet-b1", "b"), new("subnet-b2", "b"), new("subnet-c1", "c"), new("subnet-c2", "c")];

    [Fact]
    public void Zones_are_divided_into_subnets_with_room_to_spare()
    {
        var network = Read(Draw(Three, "10.244.0.0/16")).Networks.Single();

        Assert.Equal(
            (26, OwnerMode.Host, Placement.Spread, "pods"), (network.BlockMask, network.Owner, network.Placement, network.Name));
        Assert.Equal(
            ["a 10.244.0.0/18", "b 10.244.64.0/18", "c 10.244.128.0/18"], network.Root!.Groups.Select(group => $"{group.Name} {group.Cidr}"));
        Assert.Equal(
            ["10.244.0.0/20", "10.244.16.0/20", "10.244.64.0/20", "10.244.80.0/20", "10.244.128.0/20", "10.244.144.0/20"],
            network.Leaves.Select(leaf => leaf.Cidr.ToString()));
        Assert.All(network.Leaves, leaf => Assert.True(leaf.Cover && leaf.Modes.HasFlag(RoutingModes.BlockAnnounceVpc)));
    }

    [Fact]
    public void A_host_of_each_subnet_finds_its_group()
    {
        var network = Read(Draw(Three, "fd00:10::/56")).Networks.Single();
        Assert.Equal(122, network.BlockMask);
        foreach (var link in Three)
        {
            var labels = new Dictionary<string, string> { [PlaceLabels.Zone] = link.Zone, [PlaceLabels.Subnet] = link.Id };
            Assert.Equal(link.Id, GroupPlacement.Choose(network, labels, _ => 0)?.Name);
        }
    }

    [Fact]
    public void What_comes_later_gets_the_next_free_slice_and_nobody_moves()
    {
        var first = Draw([.. Three.Take(4)], "10.244.0.0/16");
        ImmutableArray<LinkFact> more = [.. Three, new LinkFact("subnet-a0", "a"), new LinkFact("subnet-0", "0")];

        var second = Assert.IsType<DraftOutcome.Drawn>(TopologyDraft.Draw(
            new DraftRequest { Links = more, Existing = first.Document.ToJsonString() }));

        var before = Slices(first);
        var after = Slices(second);
        Assert.All(before, pair => Assert.Equal(pair.Value, after[pair.Key]));
        Assert.Equal(("10.244.32.0/20", "10.244.128.0/18", "10.244.192.0/18"), (after["subnet-a0"], after["0"], after["c"]));
        Assert.Equal(6, second.Added.Length);
        var third = Assert.IsType<DraftOutcome.Drawn>(TopologyDraft.Draw(new DraftRequest { Links = more, Existing = second.Document.ToJsonString() }));
        Assert.Empty(third.Added);
        Assert.Equal(second.Document.ToJsonString(), third.Document.ToJsonString());
    }

    [Fact]
    public void A_second_family_joins_later()
    {
        var first = Draw(Three, "10.244.0.0/16");
        var both = Assert.IsType<DraftOutcome.Drawn>(TopologyDraft.Draw(
            new DraftRequest { Cidrs = [Cidr.Parse("10.244.0.0/16"), Cidr.Parse("fd00:10::/56")], Links = Three, Existing = first.Document.ToJsonString() }));
        Assert.Equal(["pods", "pods-v6"], Read(both).Networks.Select(network => network.Name));
    }

    [Fact]
    public void A_drawing_that_cannot_be_is_refused_with_a_remedy()
    {
        foreach (var request in (DraftRequest[])
        [
            new() { Links = [], Cidrs = [Cidr.Parse("10.244.0.0/16")] },
            new() { Links = Three },
            new() { Links = Three, Cidrs = [Cidr.Parse("10.244.0.0/24")] },
            new() { Links = Three, Cidrs = [Cidr.Parse("10.244.0.0/16"), Cidr.Parse("10.244.0.0/17")] },
            new() { Links = Three, Existing = "{" },
            new() { Links = Three, Existing = """{"networks": [{"name": "n", "cidr": "10.0.0.0/8"}], "topologies": [{"networks": ["n"], "map": [{"cidr": "10.0.0.0/9", "assignment": {"topology.kubernetes.io/zone": "a"}}]}]}""" },
        ])
            Assert.NotEmpty(Assert.IsType<DraftOutcome.Refused>(TopologyDraft.Draw(request)).Remedy);
    }

    [Fact]
    public void A_map_that_was_not_drawn_here_is_left_alone()
    {
        const string Old = """{"networks":[{"name":"n","cidr":"10.0.0.0/8"}],"topologies":[{"networks":["n"],"map":[{"groups":[]}]}]}""";
        var drawn = Assert.IsType<DraftOutcome.Drawn>(TopologyDraft.Draw(new DraftRequest { Links = Three, Existing = Old }));
        Assert.Equal(Old, drawn.Document.ToJsonString());
    }

    [Fact]
    public void Whatever_subnets_come_in_whatever_order_nobody_moves() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 9], (zone, number) => new LinkFact($"subnet-{zone}{number}", $"z{zone}")).Array[1, 20].Sample(links =>
        {
            DraftOutcome.Drawn? drawn = null;
            for (var count = 1; count <= links.Length; count += 3)
            {
                var outcome = TopologyDraft.Draw(new DraftRequest
                {
                    Cidrs = [Cidr.Parse("10.244.0.0/14")],
                    Links = [.. links.Take(count).Distinct()],
                    Existing = drawn?.Document.ToJsonString(),
                });
                if (outcome is not DraftOutcome.Drawn next) return;
                var after = Slices(next);
                if (drawn is not null) Assert.All(Slices(drawn), pair => Assert.Equal(pair.Value, after[pair.Key]));
                drawn = next;
            }
        }, iter: 100);

    private static DraftOutcome.Drawn Draw(ImmutableArray<LinkFact> links, string cidr) =>
        Assert.IsType<DraftOutcome.Drawn>(TopologyDraft.Draw(new DraftRequest { Cidrs = [Cidr.Parse(cidr)], Links = links }));

    private static Topology Read(DraftOutcome.Drawn drawn) => TopologyDocument.Read(drawn.Document.ToJsonString()).Topology!;

    private static Dictionary<string, string> Slices(DraftOutcome.Drawn drawn) => Read(drawn).Networks.Single().Root!.SelfAndBelow
        .Where(group => !group.Implied).ToDictionary(group => group.Name, group => group.Cidr.ToString());
}
