using System.Collections.Immutable;

namespace Romana.Ipam.Topologies;

/// <summary>Collects problems in the order in which they are found; a hostile document cannot make it grow without end.</summary>
internal sealed class ProblemList
{
    private const int Limit = 1000;
    private const int ValueLength = 80;
    private readonly ImmutableArray<TopologyProblem>.Builder found = ImmutableArray.CreateBuilder<TopologyProblem>();
    private int unlisted;

    public bool HasErrors { get; private set; }

    public void Error(string code, string path, string? value, string message, string remedy) =>
        Add(ProblemSeverity.Error, code, path, value, message, remedy);

    public void Warning(string code, string path, string? value, string message, string remedy) =>
        Add(ProblemSeverity.Warning, code, path, value, message, remedy);

    public ImmutableArray<TopologyProblem> ToImmutable()
    {
        if (unlisted == 0) return found.ToImmutable();
        var last = new TopologyProblem(
            HasErrors ? ProblemSeverity.Error : ProblemSeverity.Warning, "more_problems", "", null,
            $"{unlisted} further problems are not listed", "Correct those above and check again");
        return found.ToImmutable().Add(last);
    }

    private void Add(ProblemSeverity severity, string code, string path, string? value, string message, string remedy)
    {
        HasErrors |= severity == ProblemSeverity.Error;
        if (found.Count >= Limit)
        {
            unlisted++;
            return;
        }

        if (value?.Length > ValueLength) value = string.Concat(value.AsSpan(0, ValueLength), "...");
        found.Add(new TopologyProblem(severity, code, path, value, message, remedy));
    }
}
