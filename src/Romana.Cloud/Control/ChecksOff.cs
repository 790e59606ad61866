using Romana.Cloud.Discovery;

namespace Romana.Cloud.Control;

/// <summary>
/// Interfaces whose source/destination check EC2 said is off by its reply, while a look at the hosts may show the older
/// state. What counts is when the look was taken and not when it is used: one taken late in the window is still there
/// when the window is over. Safe for several threads.
/// </summary>
/// <param name="lag">How long a describe may show the older state.</param>
internal sealed class ChecksOff(TimeSpan lag)
{
    private readonly Dictionary<string, DateTimeOffset> _off = new(StringComparer.Ordinal);

    /// <param name="at">When the reply came.</param>
    public void Add(string eni, DateTimeOffset at)
    {
        lock (_off) _off[eni] = at;
    }

    public bool Contains(string eni)
    {
        lock (_off) return _off.ContainsKey(eni);
    }

    /// <summary>That look shows the check on, and it may be off all the same.</summary>
    public bool Outweighs(SeenHosts look, string eni)
    {
        lock (_off) return _off.TryGetValue(eni, out var at) && look.At - at <= lag;
    }
}
