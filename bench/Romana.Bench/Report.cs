using System.Globalization;

namespace Romana.Bench;

/// <summary>One figure as a few aligned lines, printed as soon as it is there.</summary>
internal static class Report
{
    public static void Print(TextWriter output, Figure figure)
    {
        output.WriteLine(figure.Work);
        output.WriteLine($"    ours    {figure.Ours}");
        output.WriteLine($"    beside  {figure.Beside}");
        output.WriteLine($"    reach   {figure.Reach}");
        if (figure.Ratio is { } ratio) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    ratio   {ratio:0.##} (beside / ours)"));
        output.WriteLine();
    }
}
