namespace Romana.Ipam.Topologies;

public enum ProblemSeverity
{
    Warning,
    Error,
}

/// <summary>One thing wrong with a document. Code: the error codes of the behaviour vectors, e.g. "overlapping_cidr".</summary>
/// <param name="Path">Where, e.g. "networks[1].cidr".</param>
/// <param name="Value">The offending value as written.</param>
/// <param name="Remedy">What to write instead.</param>
public sealed record TopologyProblem(
    ProblemSeverity Severity, string Code, string Path, string? Value, string Message, string Remedy)
{
    public override string ToString() => $"{Severity}: {Path}{(Value is null ? "" : $" ({Value})")}: {Message}. {Remedy}";
}
