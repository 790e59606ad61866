namespace Romana.Ipam.Stores;

/// <summary>Terms among the threads of one process.</summary>
// CA1001: a term is disposed by whom it was given to.
#pragma warning disable CA1001
public sealed class InMemoryTermSource : ITermSource
#pragma warning restore CA1001
{
    /// <summary>A term without a deadline still bounds each call.</summary>
    private static readonly TimeSpan CallLimit = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long _number;
    private Term? _current;

    public ValueTask<ITerm?> TryAcquireAsync(string holder, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_gate)
            return ValueTask.FromResult<ITerm?>(_current is null ? _current = new Term(this, ++_number, holder) : null);
    }

    public ValueTask<string?> HolderAsync(CancellationToken cancel)
    {
        lock (_gate) return ValueTask.FromResult(_current?.Holder);
    }

    /// <summary>Takes the term away from its holder, as a lapsed lease would.</summary>
    public void Lose()
    {
        Term? lost;
        lock (_gate) lost = _current;
        lost?.Dispose();
    }

    private sealed class Term(InMemoryTermSource source, long number, string holder) : ITerm
    {
        private readonly CancellationTokenSource _lost = new();

        public string Holder => holder;

        public long Number => number;

        public TimeSpan Remaining => _lost.IsCancellationRequested ? TimeSpan.Zero : CallLimit;

        public CancellationToken Lost => _lost.Token;

        public void Dispose()
        {
            lock (source._gate)
                if (source._current == this) source._current = null;
            _lost.Cancel();
        }
    }
}
