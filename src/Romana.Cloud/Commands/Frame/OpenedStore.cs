using Romana.Ipam.Stores;

namespace Romana.Cloud.Commands.Frame;

/// <summary>A store that a command uses until it disposes this.</summary>
public sealed class OpenedStore(IStore store, IAsyncDisposable? owner = null) : IAsyncDisposable
{
    public IStore Store => store;

    public ValueTask DisposeAsync() => owner?.DisposeAsync() ?? ValueTask.CompletedTask;

    public static ValueTask<OpenedStore> OfFileAsync(string path, CancellationToken cancel)
    {
        if (!File.Exists(path))
        {
            throw CommandFailure.BadInput(
                $"there is no store at {Path.GetFullPath(path)}",
                "name the controller's file with --store or ROMANA_STORE; it is made by `romana controller` or `romana topology apply`");
        }

        throw CommandFailure.Failed("the SQLite store is not built in yet", "");
    }
}
