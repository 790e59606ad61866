using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>How well an address of a granted block is reached. The order matters: a plan may only go up.</summary>
internal enum Reach
{
    /// <summary>No match, or one that leads nowhere near its host.</summary>
    None,

    /// <summary>By an adjacent host that should not lead: Suspect or Draining.</summary>
    Weak,

    /// <summary>By an Up host of a group whose hosts share one link: correct, with an extra hop.</summary>
    Router,

    /// <summary>Its own host, or the `via` of its group.</summary>
    Own,
}

internal static class ReachFloor
{
    /// <summary>As R1 counts: its own host and a healthy router are equally correct.</summary>
    public static Reach Floor(this Reach reach) => reach == Reach.Own ? Reach.Router : reach;
}

/// <summary>What formats.md calls complete and the shares of the extra hop.</summary>
internal readonly record struct Judgement(bool Complete, double ExtraHopShare, double LocalExtraHopShare);

/// <summary>Judges a set of routes by longest match, however it came about: the one measure of every strategy.</summary>
internal sealed class RouteEvaluation(PlanGround ground)
{
    public Judgement Judge(LongestMatch match, IpFamily family, string? localSubnet)
    {
        double total = 0, extra = 0, local = 0;
        var complete = true;
        foreach (var block in Counted(family))
        {
            var from = block.Cidr.First.Bits;
            foreach (var (last, hop) in match.Ranges(block.Cidr))
            {
                var addresses = (double)(last - from) + 1;
                from = last + 1;
                total += addresses;
                var host = hop == LongestMatch.Unmatched ? -1 : match.Hops[hop].Host;
                if (Of(block, match, hop) < Reach.Router) complete = false;
                if (host < 0 || host == block.Host) continue;
                if (block.Host >= 0 && localSubnet is not null && ground.Hosts[block.Host].Host.Subnet == localSubnet) local += addresses;
                else extra += addresses;
            }
        }

        return total == 0 ? new Judgement(complete, 0, 0) : new Judgement(complete, extra / total, local / total);
    }

    /// <summary>Granted blocks whose host is not Down, in address order.</summary>
    public IEnumerable<PlanBlock> Counted(IpFamily family) =>
        ground.Blocks.Where(block => block.Cidr.Family == family && (block.Host < 0 || !ground.Hosts[block.Host].Down));

    public Reach Of(PlanBlock block, LongestMatch match, int hop) =>
        Of(block, hop == LongestMatch.Unmatched ? null : match.Hops[hop]);

    public Reach Of(PlanBlock block, Hop? hop)
    {
        if (hop is not { Host: var host, Target: var target }) return Reach.None;
        if (block.Group >= 0 && ground.Groups[block.Group] is { Duty: GroupDuty.Segment } elsewhere)
            return target == elsewhere.Group.Via ? Reach.Own : Reach.None;
        if (host < 0) return Reach.None;
        if (host == block.Host) return Reach.Own;
        return block.Group >= 0 ? OfNeighbour(ground.Groups[block.Group], host) : Reach.None;
    }

    private Reach OfNeighbour(PlanGroup group, int host)
    {
        if (!group.OneLink || !group.Members.Contains(host) || ground.Hosts[host].Down) return Reach.None;
        return ground.Hosts[host].CanLead ? Reach.Router : Reach.Weak;
    }
}
