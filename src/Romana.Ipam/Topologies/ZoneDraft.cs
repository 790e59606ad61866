using System.Collections.Immutable;
using System.Numerics;
using System.Text.Json.Nodes;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>Adds to one network's map the zones and subnets that it lacks, each in the lowest free slice.</summary>
internal sealed class ZoneDraft(DraftNetwork network, ImmutableArray<LinkFact> links, List<string> added)
{
    /// <summary>Neighbours bypass the VPC's router by kernel routes; everybody else finds the blocks in the VPC's tables.</summary>
    private const string Routing = "block-host-routes,block-announce-vpc";

    /// <summary>Slices to make where nothing stands yet, so that a region's fourth zone and a zone's third subnet find room.</summary>
    private const int FewestSlices = 4;

    public DraftOutcome.Refused? Extend(JsonArray map)
    {
        // A map that is not divided by slices was not drawn here, and guessing at it could move hosts.
        if (map.Any(group => group!["cidr"] is null)) return null;
        var zones = links.GroupBy(link => link.Zone, StringComparer.Ordinal).OrderBy(zone => zone.Key, StringComparer.Ordinal).ToList();
        var (zoneBits, linkBits) = Bits(zones.Count, zones.Max(zone => zone.Count()));
        foreach (var zone in zones)
        {
            var group = map.FirstOrDefault(group => Zones(group!).Contains(zone.Key))?.AsObject();
            if (group is null && Add(map, network.Cidr, zoneBits, ZoneGroup(zone.Key), zone.Key, out group) is { } full) return full;
            if (ExtendZone(group!, zone, linkBits) is { } refused) return refused;
        }

        return null;
    }

    private DraftOutcome.Refused? ExtendZone(JsonObject group, IGrouping<string, LinkFact> zone, int linkBits)
    {
        if (group["groups"] is not JsonArray groups || groups.Any(child => child!["cidr"] is null))
            return new DraftOutcome.Refused(
                $"the group of zone {zone.Key} in network '{network.Name}' is not divided into slices by cidr", "Give each of its groups a cidr, or start afresh");
        var room = Cidr.Parse((string)group["cidr"]!);
        foreach (var link in zone.OrderBy(link => link.Id, StringComparer.Ordinal))
        {
            if (groups.Any(child => Assigned(child!, PlaceLabels.Subnet) == link.Id)) continue;
            if (Add(groups, room, linkBits, LinkGroup(link.Id), link.Id, out _) is { } full) return full;
        }

        return null;
    }

    private DraftOutcome.Refused? Add(JsonArray list, Cidr room, int bits, JsonObject group, string name, out JsonObject placed)
    {
        placed = group;
        var taken = list.Select(sibling => Cidr.Parse((string)sibling!["cidr"]!)).ToList();
        // Beside others: as large as the largest of them.
        var length = taken.Count > 0 ? taken.Min(slice => slice.Length) : Math.Min(room.Length + bits, network.BlockMask);
        if (NextFree(room, length, taken) is not { } slice)
            return new DraftOutcome.Refused(
                $"{room} of network '{network.Name}' has no free /{length} left for {name}", "Add a network with another --cidr, or remove groups that no host needs");
        group["cidr"] = slice.ToString();
        list.Add((JsonNode)group);
        added.Add($"{name} {slice}");
        return null;
    }

    /// <summary>Jumps behind whatever is in the way, so the number of slices does not matter.</summary>
    private static Cidr? NextFree(Cidr room, int length, List<Cidr> taken)
    {
        if (length < room.Length) return null;
        for (var slice = Cidr.Around(room.First, length); ;)
        {
            var obstacles = taken.Where(slice.Overlaps).ToList();
            if (obstacles.Count == 0) return slice;
            var end = obstacles.Append(slice).Max(obstacle => obstacle.Last);
            if (end >= room.Last) return null;
            slice = Cidr.Around(end.Plus(1), length);
        }
    }

    /// <summary>With room for one more of each, at the least; without it where the range is small.</summary>
    private (int Zone, int Link) Bits(int zones, int linksInZone)
    {
        var roomy = (Zone: Log2(Math.Max(zones + 1, FewestSlices)), Link: Log2(Math.Max(linksInZone + 1, FewestSlices)));
        return network.Cidr.Length + roomy.Zone + roomy.Link <= network.BlockMask ? roomy : (Log2(zones), Log2(linksInZone));
    }

    private static int Log2(int count) => count <= 1 ? 0 : BitOperations.Log2((uint)count - 1) + 1;

    private static JsonObject ZoneGroup(string zone) => new()
    {
        ["name"] = zone,
        ["cidr"] = "",
        ["assignment"] = new JsonObject { [PlaceLabels.Zone] = zone },
        ["routing"] = Routing,
        ["cover"] = "always",
        ["groups"] = new JsonArray(),
    };

    private static JsonObject LinkGroup(string link) => new()
    {
        ["name"] = link,
        ["cidr"] = "",
        ["assignment"] = new JsonObject { [PlaceLabels.Subnet] = link },
        ["groups"] = new JsonArray(),
    };

    private static IEnumerable<string?> Zones(JsonNode group) => PlaceLabels.Zones.Select(label => Assigned(group, label));

    private static string? Assigned(JsonNode group, string label) => (string?)(group["assignment"] as JsonObject)?[label];
}
