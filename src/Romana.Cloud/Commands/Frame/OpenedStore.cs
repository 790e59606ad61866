using Romana.Ipam.Stores;
using Romana.Stores.Sqlite;

namespace Romana.Cloud.Commands.Frame;

/// <summary>A store that a command uses until it disposes this.</summary>
public sealed class OpenedStore(IStore store, IDisposable? owner = null) : IAsyncDisposable
{
    public IStore Store => store;

    public ValueTask DisposeAsync()
    {
        owner?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>For commands that make none. A directory is told apart by the store itself.</summary>
    public static void MustExist(string path)
    {
        if (Path.Exists(path)) return;
        throw CommandFailure.BadInput(
            $"there is no store at {Path.GetFullPath(path)}",
            "name the controller's file with --store or ROMANA_STORE; it is made by `romana controller` or `romana topology apply`");
    }

    public static ValueTask<OpenedStore> OfFileAsync(string path, CancellationToken cancel)
    {
        MustExist(path);
        var store = SqliteStore.Open(new SqliteStoreOptions { Path = path, Create = false });
        return ValueTask.FromResult(new OpenedStore(store, store));
    }
}
