using System.Collections.Immutable;

namespace Romana.Demo.Ec2;

public enum FaultKind
{
    /// <summary>Answer with <see cref="Fault.Code"/>; nothing happens.</summary>
    Error,

    /// <summary>
    /// The call takes effect, but the connection breaks before the answer: the caller is in doubt at once. The AWS SDK sends
    /// the request again by itself, ten times and whatever MaxErrorRetry says, unless MaxStaleConnectionRetries is 0: its
    /// caller then sees what the second call is told (RouteAlreadyExists).
    /// </summary>
    LostAnswer,

    /// <summary>The connection breaks before the call takes effect; the SDK may send it again as after a lost answer.</summary>
    Dropped,

    /// <summary>The call takes effect, but its answer never comes: the caller is in doubt once its patience ends.</summary>
    Silence,

    /// <summary>The call takes effect, but its answer cannot be read: the caller is in doubt at once.</summary>
    Garbled,

    /// <summary>The call takes effect <see cref="Fault.Delay"/> later than it came.</summary>
    Delay,
}

/// <summary>A fault by request: it strikes calls that match, in the order in which faults were added, one fault a call.</summary>
public sealed record Fault
{
    public required FaultKind Kind { get; init; }

    /// <summary>Action with * and ?.</summary>
    public string Action { get; init; } = "*";

    /// <summary>Parameters that the call must carry, values with * and ?.</summary>
    public ImmutableSortedDictionary<string, string> Where { get; init; } = NoTags.Value;

    /// <summary>Matching calls that pass before it strikes.</summary>
    public int After { get; init; }

    /// <summary>Calls that it strikes; null = every one until it is cleared.</summary>
    public int? Times { get; init; } = 1;

    public string Code { get; init; } = "InternalError";
    public string Message { get; init; } = "An internal error has occurred";
    public int Status { get; init; } = 500;
    public TimeSpan Delay { get; init; }
}

/// <summary>The faults that wait. Safe for several threads.</summary>
public sealed class Faults
{
    private readonly Lock _gate = new();
    private readonly List<Fault> _waiting = [];

    public void Add(Fault fault)
    {
        lock (_gate) _waiting.Add(fault);
    }

    public void Clear()
    {
        lock (_gate) _waiting.Clear();
    }

    public ImmutableArray<Fault> Waiting
    {
        get
        {
            lock (_gate) return [.. _waiting];
        }
    }

    /// <summary>The fault that strikes this call, used up by one; null = none.</summary>
    internal Fault? Strike(string action, ImmutableSortedDictionary<string, string> parameters)
    {
        lock (_gate)
        {
            for (var index = 0; index < _waiting.Count; index++)
            {
                var fault = _waiting[index];
                if (!Matches(fault, action, parameters)) continue;
                if (fault.After > 0)
                {
                    _waiting[index] = fault with { After = fault.After - 1 };
                    continue;
                }

                if (fault.Times == 1) _waiting.RemoveAt(index);
                else if (fault.Times is { } times) _waiting[index] = fault with { Times = times - 1 };
                return fault;
            }

            return null;
        }
    }

    private static bool Matches(Fault fault, string action, ImmutableSortedDictionary<string, string> parameters) =>
        Wildcard.Matches(fault.Action, action)
        && fault.Where.All(pair => parameters.TryGetValue(pair.Key, out var value) && Wildcard.Matches(pair.Value, value));
}
