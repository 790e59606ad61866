using Romana.Ipam.Stores;
using Romana.Stores.Sqlite;

namespace Romana.Cloud.Control;

/// <summary>The store with sole control of it; both are given back when disposed.</summary>
internal sealed class TermSession : IDisposable
{
    private readonly OpenStore _open;

    private TermSession(OpenStore open, ITerm term) => (_open, Term) = (open, term);

    public IStore Store => _open.Store;

    public ITerm Term { get; }

    /// <exception cref="ControlRefusedException">Somebody else controls the store, or it is another cluster's.</exception>
    public static async Task<TermSession> OpenAsync(ControllerOptions options, ControllerParts parts, string what, CancellationToken cancel)
    {
        var open = OpenStore.Of(options, parts);
        try
        {
            await StoreOwner.CheckAsync(open.Store, options, cancel).ConfigureAwait(false);
            var me = $"romana {what} (process {Environment.ProcessId})";
            var term = await open.Terms.TryAcquireAsync(me, cancel).ConfigureAwait(false);
            if (term is not null) return new TermSession(open, term);
            var holder = await open.Terms.HolderAsync(cancel).ConfigureAwait(false);
            throw new ControlRefusedException(
                $"{options.Store} is under the control of {holder ?? "another process"}: stop it first, or leave the work to it");
        }
        catch
        {
            open.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Term.Dispose();
        _open.Dispose();
    }
}

/// <summary>The store of the options, or the one that the caller gave.</summary>
internal sealed record OpenStore(IStore Store, ITermSource Terms, IDisposable? Own) : IDisposable
{
    /// <exception cref="StoreUnavailableException"/>
    public static OpenStore Of(ControllerOptions options, ControllerParts parts, bool create = true)
    {
        if (parts.Store is { } given) return new OpenStore(given, parts.Terms ?? new InMemoryTermSource(), null);
        var file = SqliteStore.Open(new SqliteStoreOptions { Path = options.Store, Create = create, Time = parts.Clock });
        return new OpenStore(file, new SqliteTermSource(file), file);
    }

    public void Dispose() => Own?.Dispose();
}
