namespace Romana.Cloud.Commands.Output;

/// <summary>One table for people. A cell may be null: it prints as "-".</summary>
/// <param name="Title">Line above it; null for none.</param>
/// <param name="Columns">Heads; one that begins with '#' holds numbers and is aligned to the right (the '#' is not printed).</param>
public sealed record TextTable(string? Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows)
{
    /// <summary>Said instead of the table when it has no rows.</summary>
    public string Empty { get; init; } = "nothing";

    /// <summary>Lines below it.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
