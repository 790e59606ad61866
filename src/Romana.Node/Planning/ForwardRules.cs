using System.Collections.Immutable;
using System.Text;
using Romana.Ipam.Addressing;

namespace Romana.Node.Planning;

/// <summary>
/// Our chain behind iptables' FORWARD. A policy of DROP there is beaten only from inside that chain; ours is its last rule,
/// so that every explicit drop of others comes first.
/// </summary>
/// <param name="Lines">The chain's rules as `iptables -S` prints them.</param>
internal sealed record ForwardRules(IpFamily Family, ImmutableArray<string> Lines)
{
    public const string Jump = $"-A FORWARD -j {FabricTerms.ForwardChain}";

    public static ForwardRules Of(FabricFacts facts, IpFamily family) => new(family,
    [
        .. facts.Known.Networks.Where(network => network.Cidr.Family == family).SelectMany(network => facts.Fabric.SelectMany(inward => facts.Fabric
            .Select(outward => $"-A {FabricTerms.ForwardChain} -d {network.Cidr} -i {inward.Name} -o {outward.Name} -j ACCEPT"))),
        $"-A {FabricTerms.ForwardChain} -i {FabricTerms.PodPrefix}+ -j ACCEPT",
        $"-A {FabricTerms.ForwardChain} -o {FabricTerms.PodPrefix}+ -j ACCEPT",
    ]);

    /// <summary>For iptables-restore --noflush: one transaction, in which a chain that is named is emptied.</summary>
    public string Text(ForwardListing standing)
    {
        var text = new StringBuilder($"*filter\n:{FabricTerms.ForwardChain} - [0:0]\n");
        foreach (var line in Lines) text.Append(line).Append('\n');
        if (standing.Forward is not [.., Jump] || standing.Jumps > 1)
        {
            for (var i = 0; i < standing.Jumps; i++) text.Append($"-D FORWARD -j {FabricTerms.ForwardChain}\n");
            text.Append(Jump).Append('\n');
        }

        return text.Append("COMMIT\n").ToString();
    }

    public bool IsMet(ForwardListing standing) =>
        standing.Jumps == 1 && standing.Forward is [.., Jump] && standing.Ours.SequenceEqual(Lines);

    public bool Equals(ForwardRules? other) => other is not null && Family == other.Family && Lines.SequenceEqual(other.Lines);

    public override int GetHashCode() => HashCode.Combine(Family, Lines.Length);
}

/// <param name="Forward">FORWARD's rules, without its policy.</param>
/// <param name="Ours">Our chain's rules; empty also if there is no such chain.</param>
internal sealed record ForwardListing(IpFamily Family, string Policy, ImmutableArray<string> Forward, ImmutableArray<string> Ours)
{
    /// <summary>Where nobody forbids forwarding nothing needs to be allowed.</summary>
    public bool Restricts => Policy != "ACCEPT" || Forward.Any(line => line != ForwardRules.Jump);

    public int Jumps => Forward.Count(line => line == ForwardRules.Jump);
}
