using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;

namespace Romana.Node.Tests.Planning;

/// <summary>A kernel that holds what it is told and refuses what the real one refuses.</summary>
internal sealed partial class SimulatedKernel
{
    public List<Route> Routes { get; } = [];

    public List<Rule> Rules { get; } = [];

    public Dictionary<string, string> Settings { get; } = new() { ["net/ipv4/ip_forward"] = "0", ["net/ipv4/conf/all/send_redirects"] = "1" };

    public NftListing? Nft { get; set; }

    public List<ForwardListing> Forward { get; } = [new(IpFamily.IPv4, "DROP", ["-A FORWARD -j KUBE-FORWARD"], []), new(IpFamily.IPv6, "DROP", [], [])];

    public KernelActual Actual => new()
    {
        Routes = [.. Routes],
        Rules = [.. Rules],
        Settings = [.. Settings.Select(pair => new KernelSetting(pair.Key, pair.Value))],
        Nft = Nft,
        Forward = [.. Forward],
        PodInterfaces = [11, 12],
    };

    public void Apply(KernelChange change, KernelState wanted)
    {
        switch (change)
        {
            case KernelChange.Setting { Wanted: var setting }: Settings[setting.Name] = setting.Value; break;
            case KernelChange.AddRoute { Route: var route }:
                Assert.DoesNotContain(Routes, other => SameKey(other, route));
                Routes.Add(route);
                break;
            case KernelChange.ReplaceRoute { Route: var route }:
                Assert.All(Routes.Where(other => SameKey(other, route)), other => Assert.Equal(RouteProtocols.Romana, other.Protocol));
                Assert.True(Routes.RemoveAll(other => SameKey(other, route)) > 0);
                Routes.Add(route);
                break;
            case KernelChange.RemoveRoute { Route: var route }: Assert.True(Routes.Remove(route)); break;
            case KernelChange.AddRule { Rule: var rule }:
                Assert.DoesNotContain(rule, Rules);
                Rules.Add(rule);
                break;
            case KernelChange.RemoveRule { Rule: var rule }: Assert.True(Rules.Remove(rule)); break;
            case KernelChange.ReplaceTable: Nft = Listing(wanted.Nft!); break;
            case KernelChange.Elements { Text: var text }: ApplyElements(text); break;
            case KernelChange.Forward { Family: var family, Text: var text }: ApplyForward(family, text); break;
        }
    }

    public static NftListing Listing(NftTable table) => new(table.LayoutName,
        [.. table.Chains.SelectMany(chain => chain.Rules.Select(rule => $"{chain.Name}/{rule.Comment}"))],
        table.Sets.ToImmutableDictionary(set => set.Name, set => set.Elements), "");

    private static bool SameKey(Route one, Route other) => (one.Table, one.Destination, one.Metric) == (other.Table, other.Destination, other.Metric);

    private void ApplyElements(string text)
    {
        foreach (Match line in Element().Matches(text))
        {
            var (set, elements) = (line.Groups[2].Value, line.Groups[3].Value.Split(", "));
            var standing = Nft!.Sets[set];
            Assert.All(elements, element => Assert.Equal(line.Groups[1].Value == "delete", standing.Contains(element)));
            Nft = Nft with { Sets = Nft.Sets.SetItem(set, line.Groups[1].Value == "add" ? standing.Union(elements) : standing.Except(elements)) };
        }
    }

    private void ApplyForward(IpFamily family, string text)
    {
        var at = Forward.FindIndex(listing => listing.Family == family);
        var forward = Forward[at].Forward.ToList();
        foreach (var line in text.Split('\n'))
        {
            if (line == "-D FORWARD -j ROMANA-FORWARD") Assert.True(forward.Remove(ForwardRules.Jump));
            if (line == ForwardRules.Jump) forward.Add(line);
        }

        Forward[at] = Forward[at] with { Forward = [.. forward], Ours = [.. text.Split('\n').Where(line => line.StartsWith("-A ROMANA-FORWARD", StringComparison.Ordinal))] };
    }

    [GeneratedRegex(@"(add|delete) element inet romana (\S+) \{ (.*) \}")]
    private static partial Regex Element();
}
