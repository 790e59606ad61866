using System.Text;
using Romana.Ipam.Stores;

namespace Romana.Stores.Sqlite;

/// <summary>
/// Terms among the processes of one machine: a lock on a file beside the store, free at once when its holder dies. The
/// number is the store's. Agents and the command line need no term.
/// </summary>
public sealed class SqliteTermSource(SqliteStore store) : ITermSource
{
    /// <summary>A lock has no deadline; this bounds a single call.</summary>
    private static readonly TimeSpan CallLimit = TimeSpan.FromMinutes(1);

    private string LockPath => SqliteFile.LockPath(store.Path);

    /// <exception cref="StoreUnavailableException">The lock file or the store cannot be written.</exception>
    public ValueTask<ITerm?> TryAcquireAsync(string holder, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var taken = Locked(() => OpenFileLock.Try(LockPath, OpenFileLock.Term));
        if (taken is null) return ValueTask.FromResult<ITerm?>(null);
        try
        {
            Locked(() => Sign(taken, holder));
            return ValueTask.FromResult<ITerm?>(new Term(taken, store.NextTerm()));
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    public ValueTask<string?> HolderAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Locked(() => OpenFileLock.IsHeld(LockPath, OpenFileLock.Term) ? Signature() : null));
    }

    private static bool Sign(OpenFileLock taken, string holder)
    {
        RandomAccess.SetLength(taken.File, 0);
        RandomAccess.Write(taken.File, Encoding.UTF8.GetBytes(holder), 0);
        return true;
    }

    /// <summary>Null in the instant between a holder's lock and its signature.</summary>
    private string? Signature()
    {
        using var file = File.OpenHandle(LockPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[RandomAccess.GetLength(file)];
        var text = Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
        return text.Length == 0 ? null : text;
    }

    private T Locked<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException(
                $"the lock file {LockPath} cannot be used ({fault.Message}): {SqliteSchema.Writable}", fault);
        }
    }

    private sealed class Term(OpenFileLock taken, long number) : ITerm
    {
        private readonly CancellationTokenSource _lost = new();

        public long Number => number;

        public TimeSpan Remaining => _lost.IsCancellationRequested ? TimeSpan.Zero : CallLimit;

        public CancellationToken Lost => _lost.Token;

        public void Dispose()
        {
            // Lost first: nobody of ours may go on once the lock is free.
            _lost.Cancel();
            taken.Dispose();
        }
    }
}
