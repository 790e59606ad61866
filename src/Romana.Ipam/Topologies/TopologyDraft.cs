using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>What to draw a topology from.</summary>
public sealed record DraftRequest
{
    /// <summary>Ranges for pods, each its own network. May be empty when there is a document already.</summary>
    public ImmutableArray<Cidr> Cidrs { get; init; } = [];

    /// <summary>Subnets whose hosts shall have groups.</summary>
    public required ImmutableArray<LinkFact> Links { get; init; }

    /// <summary>A document drawn earlier, as JSON text: it gains what is missing, and nothing in it moves.</summary>
    public string? Existing { get; init; }
}

/// <summary>A drawing succeeded or was refused.</summary>
public abstract record DraftOutcome
{
    /// <param name="Added">One line per thing that the earlier document did not have.</param>
    public sealed record Drawn(JsonObject Document, ImmutableArray<string> Added) : DraftOutcome;

    public sealed record Refused(string Message, string Remedy) : DraftOutcome;
}

/// <summary>
/// Draws the document of `romana topology init aws`: zones with explicit slices and spare room, each divided into one group
/// per subnet, since adjacency is per subnet. Given a document, a new zone or subnet gets the next free slice.
/// </summary>
public static class TopologyDraft
{
    private static readonly JsonDocumentOptions Tolerant = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 400 };

    public static DraftOutcome Draw(DraftRequest request)
    {
        if (request.Links.IsEmpty) return new DraftOutcome.Refused("there are no subnets to draw groups for", "Check the VPC, or the inventory file");
        if (request.Existing is { } text && TopologyDocument.Read(text) is { Topology: null } wrong)
            return new DraftOutcome.Refused($"the earlier document has errors: {wrong.Errors.First()}", "Correct it first: romana topology check FILE");
        var document = request.Existing is null
            ? new JsonObject { ["apiVersion"] = TopologyDocument.ApiVersion }
            : JsonNode.Parse(request.Existing, documentOptions: Tolerant)!.AsObject();
        var added = new List<string>();
        foreach (var cidr in request.Cidrs) AddNetwork(document, cidr, added);
        if (Networks(document).Count == 0) return new DraftOutcome.Refused("there is no range for pods", "Give one with --cidr");
        foreach (var (network, map) in Mapped(document))
        {
            if (new ZoneDraft(network, request.Links, added).Extend(map) is { } refused) return refused;
        }

        return TopologyDocument.Read(document.ToJsonString()) is { Topology: null } bad
            ? new DraftOutcome.Refused(bad.Errors.First().ToString(), "Choose other ranges")
            : new DraftOutcome.Drawn(document, [.. added]);
    }

    private static void AddNetwork(JsonObject document, Cidr cidr, List<string> added)
    {
        var networks = Networks(document);
        if (networks.Any(network => Cidr.TryParse((string?)network!["cidr"], out var known, out _) && known == cidr)) return;
        var name = FreeName(networks, cidr.Family == IpFamily.IPv4 ? "pods" : "pods-v6");
        networks.Add((JsonNode)new JsonObject
        {
            ["name"] = name,
            ["cidr"] = cidr.ToString(),
            ["block_mask"] = cidr.Family == IpFamily.IPv4 ? Math.Max(26, cidr.Length) : Math.Max(122, cidr.Length),
            ["owner"] = "host",
            ["placement"] = "spread",
            ["reuse_delay"] = "60s",
        });
        if (document["topologies"] is not JsonArray topologies) document["topologies"] = topologies = [];
        topologies.Add((JsonNode)new JsonObject { ["networks"] = new JsonArray(name), ["map"] = new JsonArray() });
        added.Add($"network {name} {cidr}");
    }

    private static string FreeName(JsonArray networks, string wanted)
    {
        var taken = networks.Select(network => (string?)network!["name"]).ToHashSet(StringComparer.Ordinal);
        return Enumerable.Range(1, networks.Count + 1).Select(number => number == 1 ? wanted : $"{wanted}-{number}").First(name => !taken.Contains(name));
    }

    private static JsonArray Networks(JsonObject document)
    {
        if (document["networks"] is JsonArray networks) return networks;
        var fresh = new JsonArray();
        document["networks"] = fresh;
        return fresh;
    }

    /// <summary>Networks with a map of their own; one map for several networks cannot hold explicit slices.</summary>
    private static IEnumerable<(DraftNetwork Network, JsonArray Map)> Mapped(JsonObject document)
    {
        foreach (var topology in document["topologies"] as JsonArray ?? [])
        {
            if (topology!["networks"] is not JsonArray { Count: 1 } names || topology["map"] is not JsonArray map) continue;
            var network = Networks(document).First(network => (string?)network!["name"] == (string?)names[0])!;
            var cidr = Cidr.Parse((string)network["cidr"]!);
            var mask = network["block_mask"] is { } written && (int)written > 0 ? (int)written : cidr.Family == IpFamily.IPv4 ? 29 : 120;
            yield return (new DraftNetwork((string)names[0]!, cidr, Math.Max(mask, cidr.Length)), map);
        }
    }
}

/// <param name="BlockMask">No slice may be smaller.</param>
internal sealed record DraftNetwork(string Name, Cidr Cidr, int BlockMask);
