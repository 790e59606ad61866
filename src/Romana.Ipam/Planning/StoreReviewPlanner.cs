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
        if (view.Topology!.Spec.Review is { } review)
        {
            Continue(review);
            return true;
        }

        var reason = view.Standing == StoreStanding.Rewound ? "the store went back in time" : HeldAndLacked();
        if (reason is null) return false;
        var id = $"review-{view.Stamp}";

        // An open proposal of a rewound store was decided long ago, or counts on listings that no longer hold.
        plan.Add(new Change.UpdateTopology(view.Topology, view.Topology.Spec with { Review = new(id, view.Now, reason), Proposal = null },
            $"store under review: {reason}"));
        return true;
    }

    private string? HeldAndLacked()
    {
        foreach (var host in view.Hosts.Where(host => host.Spec.Condition != HostCondition.Dead && host.Status is not null))
        {
            foreach (var held in host.Status!.Held)
            {
                var record = blocks.Named(BlockFacts.Name(held.Cidr, rules));
                if (record is null) return $"{host.Spec.Name} holds {held.Cidr}, which the store lacks";
                if (record.Spec.Epoch < held.Epoch) return $"{host.Spec.Name} holds {held.Cidr} by a later grant than the store knows";
            }
        }

        return null;
    }

    private void Continue(StoreReview review)
    {
        plan.GrantsHeld = GrantsHeld.StoreUnderReview;
        var known = view.Hosts.Where(host => host.Spec.Condition != HostCondition.Dead).ToList();
        var reported = known.Where(host => host.Status?.SeenReview == review.Id).ToList();
        var held = reported.SelectMany(host => host.Status!.Held.Select(block => new Claim(host, block))).ToList();
        var mended = Mend(held, reported) == 0;
        var silent = known.Where(host => host.Status?.SeenReview != review.Id).Select(host => host.Spec.Name).Order(StringComparer.Ordinal).ToList();
        var late = view.Now >= review.Since + view.Settings.ReviewGrace;
        if (mended && (late || silent.Count == 0 && AllAreRegistered())) End(review, silent);
        else
        {
            plan.Condition("StoreUnderReview", $"{review.Reason}: nothing is granted until {string.Join(", ", silent.DefaultIfEmpty("discovery"))} "
                + $"reported, or until {review.Since + view.Settings.ReviewGrace:u}; --new-store says that there is nothing to wait for");
        }
    }

    /// <summary>A host that joined after the copy was made is known to discovery alone.</summary>
    private bool AllAreRegistered() => view.Discovery is { } discovery
        && discovery.Sightings.All(sighting => sighting.State == SightingState.Terminated
            || view.Hosts.Any(host => HostMatching.Score(host.Spec, sighting) > 0));

    private void End(StoreReview review, List<string> silent)
    {
        var highest = view.Blocks.Select(block => block.Spec.Epoch)
            .Concat(view.Hosts.Select(host => Math.Max(host.Status?.HighestEpoch ?? 0,
                host.Status?.Held.Select(held => held.Epoch).DefaultIfEmpty().Max() ?? 0)))
            .DefaultIfEmpty().Max();
        plan.VouchForStore = true;
        plan.Add(new Change.UpdateTopology(view.Topology!, view.Topology!.Spec with
        {
            Review = null,
            EpochFloor = Math.Max(view.Topology.Spec.EpochFloor, highest == 0 ? 0 : highest + 1),
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
                plan.Condition("Overlap", $"{latest.Held.Cidr} is held by {string.Join(" and ", byKey.Select(claim => claim.Host.Spec.Name))}: "
                    + "drain one of them");
            }
            else if (Recreate(latest, byKey.Key) is { } change)
            {
                plan.Add(change);
                changes++;
            }
        }

        return changes + RecallUnheld(claims, reported);
    }

    private Change? Recreate(Claim claim, string name)
    {
        var current = blocks.Named(name);
        if (current is not null && (current.Spec.Epoch > claim.Held.Epoch
            || current.Spec.Epoch == claim.Held.Epoch && current.Spec.Host == claim.Host.Spec.Uid && current.Spec.Cidr == claim.Held.Cidr))
            return null;
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
