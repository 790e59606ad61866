using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Romana.Ipam.Topologies;

/// <summary>
/// Reads topology documents: Romana v2's JSON unchanged, and the keys of apiVersion romana.io/v1alpha1.
/// Comments and trailing commas are tolerated, unknown keys are warned about. Everything wrong is reported at once.
/// </summary>
public static class TopologyDocument
{
    public const string ApiVersion = "romana.io/v1alpha1";

    private static readonly JsonDocumentOptions Tolerant = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        // Far beyond any topology. The parser's time grows with the square of the depth, so a hostile document needs a limit.
        MaxDepth = 1000,
    };

    public static TopologyReading Read(string json)
    {
        var problems = new ProblemList();
        Topology? topology = null;
        try
        {
            // By way of bytes: a lone surrogate in the text becomes a replacement character instead of a fault.
            using var document = JsonDocument.Parse(Encoding.UTF8.GetBytes(json.TrimStart('\uFEFF')), Tolerant);
            if (DocumentObject.Open(document.RootElement, "", problems) is { } root) topology = Read(root, problems);
        }
        catch (JsonException exception)
        {
            var place = string.Create(
                CultureInfo.InvariantCulture, $"line {exception.LineNumber + 1}, column {exception.BytePositionInLine + 1}");
            // The parser has no other sign for it than its words.
            if (exception.Message.Contains("maximum configured depth", StringComparison.Ordinal))
                problems.Error("nested_too_deeply", place, null, $"the document nests more than {Tolerant.MaxDepth} deep", "Take out levels of a single group");
            else problems.Error("invalid_json", place, null, $"this is not JSON: {Reason(exception)}", "Correct the text there");
        }
        catch (InvalidOperationException)
        {
            // The only thing that reading a well-formed document can still fail on: \ud800 and its kin.
            problems.Error("invalid_json", "", null, "a string holds half a surrogate pair (\\ud800 to \\udfff)", "Write the whole character");
        }

        return new TopologyReading(problems.HasErrors ? null : topology, problems.ToImmutable());
    }

    private static Topology? Read(DocumentObject document, ProblemList problems)
    {
        document.OneOf("apiVersion", "unsupported_version", ApiVersion);
        if (!document.Has("networks"))
            problems.Error("missing_networks", "networks", null, "a topology lists its networks", "Write \"networks\": [{\"name\": ..., \"cidr\": ...}]");
        var reader = new NetworkReader(problems);
        var networks = reader.Read(document);
        var maps = ReadMaps(document, reader.Names, problems);
        document.Close();
        var layout = new GroupLayout(problems);
        var laidOut = networks.Select(entry => Mapped(entry.Network, entry.Path, maps, layout, problems)).ToImmutableArray();
        ListedHosts.Check(laidOut, problems);
        return new Topology { Networks = laidOut };
    }

    private static Network Mapped(
        Network network, string path, Dictionary<string, TopologyMap> maps, GroupLayout layout, ProblemList problems)
    {
        if (maps.TryGetValue(network.Name, out var map)) return network with { Root = layout.LayOut(network, map.Groups, map.Path) };
        problems.Warning(
            "network_without_map", path, network.Name, "no topology maps this network, so it serves no host",
            "List it in the `networks` of an entry of `topologies`");
        return network;
    }

    private static Dictionary<string, TopologyMap> ReadMaps(DocumentObject document, HashSet<string> known, ProblemList problems)
    {
        var maps = new Dictionary<string, TopologyMap>(StringComparer.Ordinal);
        foreach (var (element, path) in document.List("topologies"))
        {
            if (DocumentObject.Open(element, path, problems) is not { } entry) continue;
            var names = ReadNames(entry, known, problems);
            var map = new TopologyMap(new GroupReader(problems).ReadList(entry, "map"), entry.At("map"));
            entry.Close();
            foreach (var (name, namePath) in names)
            {
                if (!maps.TryAdd(name, map))
                    problems.Error("network_repeated", namePath, name, "the network is mapped more than once", "Name each network in one topology");
            }
        }

        return maps;
    }

    private static List<(string Name, string Path)> ReadNames(DocumentObject entry, HashSet<string> known, ProblemList problems)
    {
        var names = new List<(string, string)>();
        foreach (var (element, path) in entry.List("networks"))
        {
            var name = DocumentObject.Shown(element);
            if (known.Contains(name)) names.Add((name, path));
            else problems.Error("unknown_network", path, name, "no network has this name", $"Define it in `networks`, or write one of: {string.Join(", ", known.Take(5))}");
        }

        return names;
    }

    private static string Reason(JsonException exception)
    {
        var end = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (end < 0 ? exception.Message : exception.Message[..end]).TrimEnd('.', ' ');
    }

    private sealed record TopologyMap(ImmutableArray<GroupDraft> Groups, string Path);
}
