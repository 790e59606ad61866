using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Romana.Node.Planning;

/// <param name="Elements">As nft prints each.</param>
internal sealed record NftSet(string Name, string Type, bool IsInterval, ImmutableSortedSet<string> Elements)
{
    /// <summary>Rules add to it as packets pass, for an hour each; no plan knows its elements.</summary>
    public bool IsFilledByRules { get; init; }

    public string Head => $"type {Type};{(IsInterval ? " flags interval;" : "")}{(IsFilledByRules ? " flags dynamic,timeout; timeout 1h; size 65536;" : "")}";
}

/// <summary>A map of verdicts, filled by others than this plan.</summary>
internal sealed record NftMap(string Name, string Type);

/// <param name="Comment">Its name in the chain, by which it is found again.</param>
internal sealed record NftRule(string Comment, string Text);

/// <param name="Head">Where it hangs.</param>
internal sealed record NftChain(string Name, string Head, ImmutableArray<NftRule> Rules);

/// <summary>
/// Our one nftables table. Chains and rules are its layout, which changes seldom and then as a whole; sets take what
/// comes and goes. An empty chain bears the layout's hash as its name, so that a table of another layout is told at a look.
/// </summary>
internal sealed record NftTable(ImmutableArray<NftSet> Sets, ImmutableArray<NftMap> Maps, ImmutableArray<NftChain> Chains)
{
    /// <summary>Begins the name of the chain that bears the hash.</summary>
    public const string LayoutPrefix = "layout_";

    public string LayoutName => LayoutPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Layout())))[..8];

    /// <summary>The table anew, in one transaction. nft 1.0.6 knows no `destroy`.</summary>
    public string Text()
    {
        var text = new StringBuilder();
        text.Append($"add table inet {FabricTerms.NftTable}\ndelete table inet {FabricTerms.NftTable}\ntable inet {FabricTerms.NftTable} {{\n");
        foreach (var set in Sets)
            text.Append($"\tset {set.Name} {{\n\t\t{set.Head}\n{(set.Elements.IsEmpty ? "" : $"\t\telements = {{ {string.Join(", ", set.Elements)} }}\n")}\t}}\n");
        text.Append(Body()).Append($"\tchain {LayoutName} {{\n\t}}\n}}\n");
        return text.ToString();
    }

    private string Layout() => string.Concat(Sets.Select(set => $"{set.Name} {set.Head}\n")) + Body();

    private string Body()
    {
        var text = new StringBuilder();
        foreach (var map in Maps) text.Append($"\tmap {map.Name} {{\n\t\ttype {map.Type};\n\t}}\n");
        foreach (var chain in Chains)
        {
            text.Append($"\tchain {chain.Name} {{\n\t\ttype {chain.Head}; policy accept;\n");
            foreach (var rule in chain.Rules) text.Append($"\t\t{rule.Text} comment \"{rule.Comment}\"\n");
            text.Append("\t}\n");
        }

        return text.ToString();
    }

    public bool Equals(NftTable? other) => other is not null && Text() == other.Text();

    public override int GetHashCode() => LayoutName.GetHashCode(StringComparison.Ordinal);
}
