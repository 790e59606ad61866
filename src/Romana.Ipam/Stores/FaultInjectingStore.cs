using System.Runtime.CompilerServices;

namespace Romana.Ipam.Stores;

/// <summary>
/// A store with everything that a distributed one may do to its users (design, section 4), as the plan says. It keeps
/// the port's promises: what it answers Committed happened, what it answers Unavailable did not.
/// </summary>
public sealed class FaultInjectingStore(IStore inner, FaultPlan plan) : IStore
{
    /// <summary>Old listings kept for stale answers, and operations that a late write may lie on the wire.</summary>
    private const int Memories = 32, Lateness = 4;

    private readonly Lock _gate = new();
    private readonly List<(RecordKind Kind, Selector Selector, Listing Listing)> _past = [];
    private readonly List<(Write Write, int DueIn)> _onTheWire = [];

    public FaultPlan Plan => plan;

    public async ValueTask<StoredRecord?> GetAsync(RecordKey key, Consistency consistency, CancellationToken cancel)
    {
        await LandAsync(cancel).ConfigureAwait(false);
        if (plan.Draw(StoreFault.Unavailable) != StoreFault.None) throw Unavailable($"read of {key}");
        if (consistency == Consistency.Cached && plan.Draw(StoreFault.Stale) != StoreFault.None
            && Remembered(key.Kind, Selector.Everything) is { } old)
            return old.Items.FirstOrDefault(record => record.Key == key);
        return await inner.GetAsync(key, consistency, cancel).ConfigureAwait(false);
    }

    public async ValueTask<Listing> ListAsync(
        RecordKind kind, Selector selector, Consistency consistency, CancellationToken cancel)
    {
        await LandAsync(cancel).ConfigureAwait(false);
        if (plan.Draw(StoreFault.Unavailable) != StoreFault.None) throw Unavailable($"list of {kind}");
        if (consistency == Consistency.Cached && plan.Draw(StoreFault.Stale) != StoreFault.None
            && Remembered(kind, selector) is { } old)
            return old;
        var listing = await inner.ListAsync(kind, selector, consistency, cancel).ConfigureAwait(false);
        lock (_gate)
        {
            if (_past.Count == Memories) _past.RemoveAt(plan.Below(Memories));
            _past.Add((kind, selector, listing));
        }

        return listing;
    }

    public async IAsyncEnumerable<WatchEvent> WatchAsync(
        RecordKind kind, Selector selector, Snapshot from, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var told in inner.WatchAsync(kind, selector, from, cancel).ConfigureAwait(false))
        {
            switch (plan.Draw(StoreFault.Duplicate, StoreFault.Drop))
            {
                case StoreFault.Duplicate when told is not WatchEvent.Expired:
                    yield return told;
                    break;
                case StoreFault.Drop:
                    // Nothing may be told after a loss, a bookmark least of all: it would say that nothing was lost.
                    yield return new WatchEvent.Expired();
                    yield break;
            }

            yield return told;
        }
    }

    public async ValueTask<IReadOnlyList<WriteResult>> WriteAsync(IReadOnlyList<Write> writes, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(writes);
        await LandAsync(cancel).ConfigureAwait(false);
        var results = new List<WriteResult>(writes.Count);
        foreach (var write in writes) results.Add(await WriteOneAsync(write, cancel).ConfigureAwait(false));
        return results;
    }

    private async ValueTask<WriteResult> WriteOneAsync(Write write, CancellationToken cancel)
    {
        var fault = plan.Draw(StoreFault.Unavailable, StoreFault.UnknownLost, StoreFault.UnknownLate, StoreFault.UnknownDone,
            StoreFault.Race, StoreFault.CrashBefore, StoreFault.CrashAfter);
        switch (fault)
        {
            case StoreFault.Unavailable:
                return new WriteResult.Unavailable($"injected: {write.Key}");
            case StoreFault.UnknownLost:
                return new WriteResult.Unknown($"injected: {write.Key}");
            case StoreFault.UnknownLate:
                lock (_gate) _onTheWire.Add((write, 1 + plan.Below(Lateness)));
                return new WriteResult.Unknown($"injected: {write.Key}");
            case StoreFault.CrashBefore:
                throw new SimulatedCrashException($"before {write.Key}");
            case StoreFault.Race:
                await RaceAsync(write.Key, cancel).ConfigureAwait(false);
                break;
        }

        var result = await inner.WriteAsync(write, cancel).ConfigureAwait(false);
        return fault switch
        {
            StoreFault.UnknownDone => new WriteResult.Unknown($"injected: {write.Key}"),
            StoreFault.CrashAfter => throw new SimulatedCrashException($"after {write.Key}"),
            _ => result,
        };
    }

    /// <summary>Another writer changes the version and nothing else.</summary>
    private async ValueTask RaceAsync(RecordKey key, CancellationToken cancel)
    {
        var current = await inner.GetAsync(key, Consistency.Linearizable, cancel).ConfigureAwait(false);
        if (current is null) return;
        await inner.WriteAsync(new Write.UpdateSpec(key, Stamp.New(), new(current.Version, current.Uid), current.Spec, current.Host), cancel)
            .ConfigureAwait(false);
    }

    private async ValueTask LandAsync(CancellationToken cancel)
    {
        List<Write> due;
        lock (_gate)
        {
            if (_onTheWire.Count == 0) return;
            due = [.. _onTheWire.Where(late => late.DueIn == 0).Select(late => late.Write)];
            _onTheWire.RemoveAll(late => late.DueIn == 0);
            for (var i = 0; i < _onTheWire.Count; i++) _onTheWire[i] = _onTheWire[i] with { DueIn = _onTheWire[i].DueIn - 1 };
        }

        if (due.Count > 0) await inner.WriteAsync(due, cancel).ConfigureAwait(false);
    }

    private Listing? Remembered(RecordKind kind, Selector selector)
    {
        lock (_gate)
        {
            var old = _past.Where(entry => entry.Kind == kind && entry.Selector == selector).ToArray();
            return old.Length == 0 ? null : old[plan.Below(old.Length)].Listing;
        }
    }

    private static StoreUnavailableException Unavailable(string what) => new($"injected: {what}");
}
