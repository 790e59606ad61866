using Romana.Ipam.Blocks;
using Romana.Ipam.Topologies;

namespace Romana.Node.Agent;

/// <summary>A topology record with its documents read.</summary>
/// <param name="Proposed">Of the open proposal; null: there is none.</param>
internal sealed record LaidTopology(TopologySpec Spec, CommittedSpace Space, CommittedSpace? Proposed)
{
    /// <summary>Null: its document cannot be read by this program.</summary>
    /// <param name="before">Is used again where it is of the same documents.</param>
    public static LaidTopology? Of(TopologySpec spec, LaidTopology? before = null)
    {
        var space = before is not null && before.Spec.Generation == spec.Generation && before.Spec.Document == spec.Document ? before.Space
            : Lay(spec.Document) is { } layout ? CommittedSpace.Of(spec, layout) : null;
        if (space is null) return null;
        var proposed = spec.Proposal is not { } proposal ? null
            : before?.Spec.Proposal?.Id == proposal.Id ? before.Proposed
            : Lay(proposal.Document) is { } next ? CommittedSpace.Of(proposal, next) : null;
        return new LaidTopology(spec, space, proposed);
    }

    private static Topology? Lay(string document) => TopologyDocument.Read(document).Topology;
}
