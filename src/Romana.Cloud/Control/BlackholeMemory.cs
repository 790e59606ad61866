namespace Romana.Cloud.Control;

/// <summary>
/// Interfaces that a table called blackholes. Once no route leads to a dead host no table speaks of it any more, and that
/// is no news of its life: without this it would be given its routes back at once, and lose them again, for ever.
/// </summary>
internal sealed class BlackholeMemory(TimeProvider clock)
{
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(1);
    private const int MostDoublings = 6;
    private readonly Dictionary<string, (DateTimeOffset Until, int Times)> _known = new(StringComparer.Ordinal);

    /// <summary>
    /// Those of now and of lately. Who proves dead again after its rest has twice the rest, up to some five hours.
    /// </summary>
    /// <param name="now">Those of the newest tables.</param>
    /// <param name="isSeen">EC2 shows the instance behind it: what it shows outweighs all of this, alive or not.</param>
    public IReadOnlySet<string> Of(IEnumerable<string> now, Func<string, bool> isSeen)
    {
        var at = clock.GetUtcNow();
        foreach (var over in _known.Where(pair => at - pair.Value.Until > Forgotten).Select(pair => pair.Key).ToList()) _known.Remove(over);
        foreach (var eni in now.Distinct(StringComparer.Ordinal))
        {
            var times = !_known.TryGetValue(eni, out var last) ? 0 : last.Until > at ? last.Times : Math.Min(last.Times + 1, MostDoublings);
            _known[eni] = (at + Rest * Math.Pow(2, times), times);
        }

        foreach (var seen in _known.Keys.Where(isSeen).ToList()) _known.Remove(seen);
        return _known.Where(pair => pair.Value.Until > at).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
    }
}
