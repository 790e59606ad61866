using System.Collections.Immutable;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// All conditions that are true now, by what they are about, as the API shows them; that one comes or goes is an event.
/// </summary>
/// <param name="since">When this process began: what stood before is no news.</param>
internal sealed class ConditionBoard(ControllerState state, EventBook events, DateTimeOffset since)
{
    private readonly Lock _gate = new();
    private ImmutableSortedDictionary<string, ImmutableArray<Condition>> _standing =
        ImmutableSortedDictionary<string, ImmutableArray<Condition>>.Empty;

    public void Set(string about, IEnumerable<Condition> conditions)
    {
        lock (_gate)
        {
            var now = conditions.Where(one => one.IsTrue).OrderBy(one => one.Type, StringComparer.Ordinal).ToImmutableArray();
            if (_standing.TryGetValue(about, out var before) ? before.SequenceEqual(now) : now.IsEmpty) return;
            Tell(about, before.IsDefault ? [] : before, now);
            _standing = now.IsEmpty ? _standing.Remove(about) : _standing.SetItem(about, now);
            var all = _standing.SelectMany(pair => pair.Value.Select(one => new StandingCondition(pair.Key, one))).ToImmutableArray();
            state.Update(current => current with { Conditions = all });
        }
    }

    private void Tell(string about, ImmutableArray<Condition> before, ImmutableArray<Condition> now)
    {
        foreach (var one in now.Where(one => one.Since >= since).ExceptBy(before.Select(known => known.Type), one => one.Type))
            events.Tell(one.Type, about, one.Message);
        foreach (var one in before.ExceptBy(now.Select(still => still.Type), one => one.Type))
            events.Tell(one.Type, about, $"over: {one.Message}");
    }

    /// <summary>The next conditions of a record; Since stays while the type stays true. The same array when nothing differs.</summary>
    public static ImmutableArray<Condition> Next(
        ImmutableArray<Condition> before, IEnumerable<(string Type, string Message)> standing, DateTimeOffset now)
    {
        var next = standing.OrderBy(one => one.Type, StringComparer.Ordinal).Select(one => new Condition(one.Type, true, one.Message,
            before.FirstOrDefault(known => known.Type == one.Type && known.IsTrue)?.Since ?? now)).ToImmutableArray();
        return next.SequenceEqual(before) ? before : next;
    }
}
