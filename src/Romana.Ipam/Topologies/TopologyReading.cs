using System.Collections.Immutable;

namespace Romana.Ipam.Topologies;

/// <summary>A document read: everything that is wrong with it, and the topology when none of that is an error.</summary>
public sealed record TopologyReading(Topology? Topology, ImmutableArray<TopologyProblem> Problems)
{
    public IEnumerable<TopologyProblem> Errors => Problems.Where(problem => problem.Severity == ProblemSeverity.Error);

    public IEnumerable<TopologyProblem> Warnings => Problems.Where(problem => problem.Severity == ProblemSeverity.Warning);
}
