using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Planning;

/// <summary>
/// Lost or rewound stores. What hosts hold by their journals goes back into the store before anything is granted; the
/// review ends when every known host has reported under it, or its grace is over.
/// </summary>
internal sealed class StoreReviewPlanner(ControllerView view, CommittedSpace space, BlockIndex blocks, LifecycleRules rules, PlanBuilder plan)
{
    /// <summary>True while the store may lack something; then nothing else of this pass may touch blocks.</summary>
    public bool Plan()
    {
        // A review that came back with the copy was answered before it was made: those words say nothing of today.
        var isStale = view.Standing == StoreStanding.Rewound && view.Topology!.Spec.Review?.Rewind != view.Rewind;
        if (view.Topology!.Spec.Review is { } review && !isStale)
        {
            Continue(review);
            return true;
        }

        var reason = view.Standing == StoreStanding.Rewound ? "the store went back in time" : HeldAndLacked();
        if (reason is null) return false;
        var id = $"review-{view.Stamp}";

        // An open proposal of a rewound store was decided long ago, or counts on listings that no longer hold.
        var rewind = view.Standing == StoreStanding.Rewound ? view.Rewind : null;
        plan.Add(new Change.UpdateTopology(view.Topology, Swept(view.Topology.Spec) with { Review = new(id, view.Now, reason, rewind) },
            $"store under review: {reason}"));
        return true;
    }

    private TopologySpec Swept(TopologySpec spec) => spec.Proposal is { } proposal
        ? TopologyChange.Refused(spec, $"{proposal.Id} was withdrawn, nothing changed: the store is under review; apply it again afterwards", view.Now) : spec;

    private string? HeldAndLacked()
    {
        foreach (var host in view.Hosts.Where(host => host.Spec.Condition != HostCondition.Dead && host.Status is not null))
        {
            foreach (var held in host.Status!.Held)
            {
                var record = blocks.Named(BlockFacts.Name(held.Cidr, rules));
                if (record is null) return $"{host.Spec.Name} holds {held.Cidr}, which the store lacks";
                if (record.Spec.Epoch < held.Epoch) return $"{host.Spec.Name} holds {held.Cidr} by a later grant than the store knows";
                if (!IsOther(record.Spec, host.Spec.Uid, held)) continue;

                // One epoch is granted once: a write was lost. If both hold it, no review can tell whose it is.
                if (!Claims(record)) return $"{host.Spec.Name} holds {held.Cidr} by a grant that the store knows as another's";
                Clash(held.Cidr, [host.Spec.Name, NameOf(record.Spec.Host)]);
            }
        }

        return null;
    }

    private void Continue(StoreReview review)
    {
        plan.GrantsHeld = GrantsHeld.StoreUnderReview;
        var known = view.Hosts.Where(host => host.Spec.Condition != HostCondition.Dead).ToList();
        var reported = known.Where(host => host.Status?.SeenReview == review.Id).ToList();
        var late = view.Now >= review.Since + view.Settings.ReviewGrace;

        // What a silent host said last counts when nobody waits for it any more: an old word has an old epoch.
        var held = (late ? known.Where(host => host.Status is not null) : reported)
            .SelectMany(host => host.Status!.Held.Select(block => new Claim(host, block))).ToList();
        var mended = Mend(held, reported) == 0;
        var silent = known.Where(host => host.Status?.SeenReview != review.Id).Select(host => host.Spec.Name).Order(StringComparer.Ordinal).ToList();
        if (mended && (late || silent.Count == 0 && AllAreRegistered())) End(review, silent);
        else
        {
            plan.Condition("StoreUnderReview", $"{review.Reason}: nothing is granted until {string.Join(", ", silent.DefaultIfEmpty("discovery"))} "
                + $"reported, or until {review.Since + view.Settings.ReviewGrace:u}; --new-store says that there is nothing to wait for");
        }
    }

    /// <summary>A host that joined after the copy was made is known to discovery alone.</summary>
    private bool AllAreRegistered()
    {
        // Nobody at all is a broken look (R3), and who died was another incarnation.
        var seen = view.Discovery?.Sightings.Where(sighting => sighting.State != SightingState.Terminated).ToList() ?? [];
        var living = view.Hosts.Select(host => host.Spec).Where(host => host.Condition != HostCondition.Dead).ToList();
        return seen.Count > 0 && HostMatching.Match(living, seen).All(match => match.Known is not null);
    }

    private void End(StoreReview review, List<string> silent)
    {
        plan.VouchForStore = true;
        plan.Add(new Change.UpdateTopology(view.Topology!, view.Topology!.Spec with
        {
            Review = null,
            EpochFloor = TopologyChange.EpochFloor(view),
            ReviewEnded = view.Now,
        }, silent.Count == 0 ? $"{review.Id}: every known host reported" : $"{review.Id}: grace over, silent: {string.Join(", ", silent)}"));
    }

    private int Mend(List<Claim> claims, List<TypedRecord<HostSpec, HostStatus>> reported)
    {
        var changes = 0;
        foreach (var byKey in claims.GroupBy(claim => BlockFacts.Name(claim.Held.Cidr, rules), StringComparer.Ordinal).OrderBy(key => key.Key, StringComparer.Ordinal))
        {
            var latest = byKey.MaxBy(claim => claim.Held.Epoch)!;
            if (byKey.Any(claim => claim != latest && claim.Held.Epoch == latest.Held.Epoch))
            {
                Clash(latest.Held.Cidr, byKey.Select(claim => claim.Host.Spec.Name));
            }
            else if (Recreate(latest, byKey.Key, reported) is { } change)
            {
                plan.Add(change);
                changes++;
            }
        }

        return changes + RecallUnheld(claims, reported);
    }

    private static bool IsOther(BlockSpec spec, HostUid host, HeldBlock held) => spec.Epoch == held.Epoch && spec.Intent != BlockIntent.Free
        && (spec.Host != host || spec.Cidr != held.Cidr);

    /// <summary>The host that the record names says, or has said, that it holds it.</summary>
    private bool Claims(TypedRecord<BlockSpec, BlockStatus> record) =>
        BlockFacts.Word(record.Spec, record.Status, rules)?.Phase == BlockPhase.Accepted
        || view.Hosts.Any(host => host.Spec.Uid == record.Spec.Host && host.Status?.Held.Contains(new(record.Spec.Cidr, record.Spec.Epoch)) == true);

    private void Clash(Cidr cidr, IEnumerable<string> names) =>
        plan.Condition("Overlap", $"{cidr} is held by {string.Join(" and ", names)}: drain one of them");

    private string NameOf(HostUid uid) => view.Hosts.FirstOrDefault(host => host.Spec.Uid == uid)?.Spec.Name ?? uid.Text;

    private Change? Recreate(Claim claim, string name, List<TypedRecord<HostSpec, HostStatus>> reported)
    {
        var current = blocks.Named(name);
        if (current is not null && IsRight(current, claim)) return null;
        if (current is not null && IsOther(current.Spec, claim.Host.Spec.Uid, claim.Held) && Claims(current)
            && !reported.Exists(host => host.Spec.Uid == current.Spec.Host))
        {
            Clash(claim.Held.Cidr, [claim.Host.Spec.Name, NameOf(current.Spec.Host)]);
            return null;
        }

        var home = space.HomeOf(claim.Held.Cidr);
        var spec = new BlockSpec
        {
            Cidr = claim.Held.Cidr,
            Network = home?.Network.Name ?? "",
            Group = home?.Leaf.Cidr ?? claim.Held.Cidr,
            Host = claim.Host.Spec.Uid,
            Epoch = claim.Held.Epoch,
            Generation = view.Topology!.Spec.Generation,
            Intent = BlockIntent.Lent,
        };
        var why = $"{claim.Host.Spec.Name} holds {spec.Cidr} by its journal";
        return current is null ? new Change.CreateBlock(name, spec, why) : new Change.UpdateBlock(current, spec, why);
    }

    /// <summary>A recall that its holder outlived was taken back after the copy was made.</summary>
    private static bool IsRight(TypedRecord<BlockSpec, BlockStatus> current, Claim claim) => current.Spec.Epoch > claim.Held.Epoch
        || current.Spec.Epoch == claim.Held.Epoch && current.Spec.Host == claim.Host.Spec.Uid && current.Spec.Cidr == claim.Held.Cidr
            && current.Spec.Intent == BlockIntent.Lent;

    /// <summary>
    /// A grant that the rewound store brought back and that its host denies must not be accepted again beside what
    /// another host really holds there: agents accept nothing during the review, and only Lent blocks after it.
    /// </summary>
    private int RecallUnheld(List<Claim> claims, List<TypedRecord<HostSpec, HostStatus>> reported)
    {
        var changes = 0;
        var held = AddressRange.Merge(claims.Select(claim => claim.Held.Cidr));
        var said = reported.ToDictionary(host => host.Spec.Uid, host => host.Status!.Held);
        foreach (var block in blocks.All.Where(block => block.Spec.Intent == BlockIntent.Lent && !plan.Touches(block.Key)))
        {
            if (!AddressRange.Union(held, [], block.Spec.Cidr).Any()) continue;
            if (!said.TryGetValue(block.Spec.Host, out var words) || words.Contains(new HeldBlock(block.Spec.Cidr, block.Spec.Epoch))) continue;
            plan.Add(new Change.UpdateBlock(block, block.Spec with { Intent = BlockIntent.Recall, RecalledFor = null },
                $"{block.Spec.Host} denies to hold {block.Spec.Cidr}, and another host holds addresses of it"));
            changes++;
        }

        return changes;
    }

    private sealed record Claim(TypedRecord<HostSpec, HostStatus> Host, HeldBlock Held);
}
