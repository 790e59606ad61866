namespace Romana.Bench;

/// <summary>One line of the report: what was done, how we did, what we set out to reach, and what stands beside it.</summary>
/// <param name="Ratio">Beside divided by ours, where that says something.</param>
public sealed record Figure(string Work, string Ours, string Reach, string Beside, double? Ratio);
