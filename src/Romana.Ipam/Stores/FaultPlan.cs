namespace Romana.Ipam.Stores;

public enum StoreFault
{
    None,

    /// <summary>The write happened, the answer was lost.</summary>
    UnknownDone,

    /// <summary>The write was lost on its way.</summary>
    UnknownLost,

    /// <summary>The answer was lost and the write lands some operations later, as a request that timed out on the wire may.</summary>
    UnknownLate,

    /// <summary>A read, a write or a commit is refused; it did not happen.</summary>
    Unavailable,

    /// <summary>Somebody else writes the record first.</summary>
    Race,

    /// <summary>A cached read answers from the past.</summary>
    Stale,

    /// <summary>A watch event comes twice.</summary>
    Duplicate,

    /// <summary>A watch event is lost; the watch then says that it expired.</summary>
    Drop,

    /// <summary>The process dies before the write, or before the commit.</summary>
    CrashBefore,

    /// <summary>The process dies after the write, before it sees the answer.</summary>
    CrashAfter,
}

/// <summary>The process is dead as of here. Only a test catches it.</summary>
public sealed class SimulatedCrashException : Exception
{
    public SimulatedCrashException() { }
    public SimulatedCrashException(string message) : base(message) { }
    public SimulatedCrashException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// Which operation meets which fault: drawn from a seed by the rates (probability per operation that the fault can
/// befall), or told one by one. Same seed and same operations, same faults. Any number of threads.
/// </summary>
public sealed class FaultPlan(int seed, IReadOnlyDictionary<StoreFault, double>? rates = null)
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private readonly Queue<StoreFault> _told = new();

    /// <summary>No fault unless told.</summary>
    public static FaultPlan Quiet => new(0);

    /// <summary>Everything but crashes, each at <paramref name="rate"/>.</summary>
    public static FaultPlan Rough(int seed, double rate) => new(seed, Enum.GetValues<StoreFault>()
        .Where(fault => fault is not (StoreFault.None or StoreFault.CrashBefore or StoreFault.CrashAfter))
        .ToDictionary(fault => fault, _ => rate));

    public int Seed => seed;

    /// <summary>False lets everything through; for the end of a test, when the system must settle.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The next operation that the fault can befall meets it. Told faults are met in their order.</summary>
    public void Next(StoreFault fault)
    {
        lock (_gate) _told.Enqueue(fault);
    }

    /// <summary>A number from 0 to <paramref name="limit"/> - 1.</summary>
    internal int Below(int limit)
    {
        lock (_gate) return _random.Next(limit);
    }

    /// <summary>The fault that befalls an operation, out of those that can.</summary>
    internal StoreFault Draw(params ReadOnlySpan<StoreFault> possible)
    {
        lock (_gate)
        {
            if (!Enabled) return StoreFault.None;
            if (_told.TryPeek(out var told) && possible.Contains(told)) return _told.Dequeue();
            if (rates is null) return StoreFault.None;
            foreach (var fault in possible)
                if (rates.TryGetValue(fault, out var rate) && _random.NextDouble() < rate) return fault;
            return StoreFault.None;
        }
    }
}
