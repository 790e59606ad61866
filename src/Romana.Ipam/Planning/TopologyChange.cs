using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Planning;

/// <summary>What becomes of a wish to change the topology.</summary>
public abstract record ProposalOutcome
{
    private ProposalOutcome() { }

    /// <summary>Write it; the passes that follow resolve it to a commit or to a withdrawal.</summary>
    public sealed record Proposed(Change Change) : ProposalOutcome;

    /// <summary>The committed topology says so already.</summary>
    public sealed record Unchanged : ProposalOutcome;

    /// <summary>Nothing is written. Code: as in the behaviour vectors, or "busy".</summary>
    public sealed record Refused(string Code, string Message) : ProposalOutcome;
}

/// <summary>How a topology comes to change: first, a document or black-outs are proposed; <see cref="LifecyclePlanner"/> resolves.</summary>
public static class TopologyChange
{
    /// <summary>Type of the condition that holds the list of what did not fit.</summary>
    public const string RefusedCondition = "TopologyRefused";

    /// <summary>
    /// The first topology of a store. Unless the operator says that the store is new, it may be one that lost
    /// everything: then it begins under review.
    /// </summary>
    public static Change First(string document, Topology layout, DateTimeOffset now, bool newStore)
    {
        ArgumentNullException.ThrowIfNull(layout);
        return new Change.CreateTopology(new TopologySpec
        {
            Document = document,
            Generation = 1,
            Arenas = ArenaLayout.Plan(layout, []),
            Review = newStore ? null : new StoreReview("review-first", now, "the store is empty"),
        }, "first topology");
    }

    /// <summary>Ends a review on the operator's word that there is nothing to wait for (`--new-store`); null when there is nothing to end.</summary>
    public static Change? TrustStore(ControllerView view) =>
        view is { Topology: { } topology } && (topology.Spec.Review is not null || view.Standing == StoreStanding.Rewound)
            ? new Change.UpdateTopology(topology, topology.Spec with
            {
                Review = null,
                EpochFloor = EpochFloor(view),
                ReviewEnded = LooksNew(view) ? topology.Spec.ReviewEnded : view.Now,
            }, "the operator says that the store is new") : null;

    /// <summary>Nothing speaks against the operator's word; where something does, it ends the waiting and not the rest (I6).</summary>
    private static bool LooksNew(ControllerView view) => view.Standing != StoreStanding.Rewound && view.Blocks.Count == 0
        && view.Hosts.All(host => host.Status is null or { HighestEpoch: 0, Held.IsEmpty: true });

    /// <summary>From here on no epoch is lower than any that somebody knows: a journal may know what the store forgot.</summary>
    internal static long EpochFloor(ControllerView view)
    {
        var highest = view.Blocks.Select(block => block.Spec.Epoch)
            .Concat(view.Hosts.Select(host => Math.Max(host.Status?.HighestEpoch ?? 0,
                host.Status?.Held.Select(held => held.Epoch).DefaultIfEmpty().Max() ?? 0)))
            .DefaultIfEmpty().Max();
        return Math.Max(view.Topology?.Spec.EpochFloor ?? 0, highest == 0 ? 0 : highest + 1);
    }

    /// <summary>Without its proposal, and with the reason where <see cref="RefusedCondition"/> is looked for.</summary>
    internal static TopologySpec Refused(TopologySpec spec, string message, DateTimeOffset now) => spec with
    {
        Proposal = null,
        Conditions = [.. spec.Conditions.Where(condition => condition.Type != RefusedCondition),
            new Condition(RefusedCondition, true, message, now)],
    };

    /// <param name="id">Unique to this proposal.</param>
    public static ProposalOutcome Propose(ControllerView view, string document, Topology layout, string id)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(layout);
        if (Busy(view) is { } busy) return busy;
        return view.Topology!.Spec.Document == document ? new ProposalOutcome.Unchanged()
            : Proposed(view, document, layout, view.Topology.Spec.BlackOuts, id, "topology");
    }

    /// <summary>Addresses in use refuse it when their holders answer.</summary>
    public static ProposalOutcome BlackOut(ControllerView view, Cidr cidr, string id)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (Busy(view) is { } busy) return busy;
        var network = view.Layout!.Networks.FirstOrDefault(network => network.Cidr.Overlaps(cidr));
        if (network is null) return new ProposalOutcome.Refused("network_not_found", $"{cidr} lies in no network");
        if (cidr.Contains(network.Cidr)) return new ProposalOutcome.Refused("entire_network", $"{cidr} would black out all of {network.Name}");
        var standing = view.Topology!.Spec.BlackOuts;
        if (standing.Any(out_ => out_.Contains(cidr))) return new ProposalOutcome.Unchanged();
        return Proposed(view, view.Topology.Spec.Document, view.Layout, [.. standing.Where(out_ => !cidr.Contains(out_)), cidr], id, $"black out {cidr}");
    }

    public static ProposalOutcome EndBlackOut(ControllerView view, Cidr cidr, string id)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (Busy(view) is { } busy) return busy;
        var standing = view.Topology!.Spec.BlackOuts;
        return standing.Contains(cidr)
            ? Proposed(view, view.Topology.Spec.Document, view.Layout!, standing.Remove(cidr), id, $"end the black-out of {cidr}")
            : new ProposalOutcome.Refused("not_blacked_out", $"{cidr} is not blacked out; blacked out are: {string.Join(", ", standing)}");
    }

    private static ProposalOutcome.Refused? Busy(ControllerView view)
    {
        if (view.Topology is null || view.Layout is null) return new("not_found", "the store has no topology yet: apply a document first");
        if (view.Topology.Spec.Review is { } review)
            return new("busy", $"the store is under review since {review.Since:u} ({review.Reason}): wait for hosts to report, or say --new-store");
        return view.Topology.Spec.Proposal is { } open
            ? new("busy", $"another change, {open.Id}, is open until {open.Deadline:u}: try again after it is resolved") : null;
    }

    private static ProposalOutcome.Proposed Proposed(
        ControllerView view, string document, Topology layout, ImmutableArray<Cidr> blackOuts, string id, string what)
    {
        var topology = view.Topology!;
        var proposal = new TopologyProposal
        {
            Id = id,
            Document = document,
            Arenas = ArenaLayout.Plan(layout, ArenaLayout.Used(view.Blocks)),
            BlackOuts = blackOuts,
            Deadline = view.Now + view.Settings.ProposalPatience,
        };
        return new(new Change.UpdateTopology(topology, topology.Spec with { Proposal = proposal }, $"propose {what}"));
    }
}
