using System.Collections.Immutable;
using Romana.Demo.Ec2;

namespace Romana.Demo.Show;

/// <summary>EC2 calls of a stretch of time, by action.</summary>
/// <param name="Changes">Those that changed the VPC.</param>
/// <param name="Reads">Those that change nothing.</param>
/// <param name="Refused">Changes that EC2 did not make: throttled, failed.</param>
internal sealed record CallCounts(
    ImmutableSortedDictionary<string, int> Changes, ImmutableSortedDictionary<string, int> Reads, int Refused)
{
    private static readonly ImmutableSortedDictionary<string, int> Nothing = ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);

    public static readonly CallCounts None = new(Nothing, Nothing, 0);

    public int Changed => Changes.Values.Sum();

    public CallCounts With(CallRecord call)
    {
        if (!call.Mutates) return this with { Reads = Count(Reads, call.Action) };
        return call.Outcome == "ok" ? this with { Changes = Count(Changes, call.Action) } : this with { Refused = Refused + 1 };
    }

    /// <summary>"48 CreateRoute, 12 ModifyNetworkInterfaceAttribute", or "none".</summary>
    public static string Words(ImmutableSortedDictionary<string, int> counts) => counts.IsEmpty
        ? "none"
        : string.Join(", ", counts.OrderBy(pair => -pair.Value).Select(pair => $"{pair.Value} {pair.Key}"));

    private static ImmutableSortedDictionary<string, int> Count(ImmutableSortedDictionary<string, int> counts, string action) =>
        counts.SetItem(action, counts.GetValueOrDefault(action) + 1);
}
