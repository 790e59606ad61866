using Romana.Ipam.Stores;
using Romana.Stores.Sqlite;
using Romana.Testing.Stores;

namespace Romana.Stores.Tests.Sqlite;

/// <summary>The store contract, a second user being a second set of connections on the same file.</summary>
public sealed class SqliteStoreTests : StoreContract
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<SqliteStore> _stores = [];

    protected override ValueTask<IStore> NewStoreAsync() => SameStoreAsync();

    protected override ValueTask<IStore> SameStoreAsync() => ValueTask.FromResult<IStore>(Open());

    protected override async ValueTask ForgetHistoryAsync()
    {
        await Store.WriteAsync([.. Enumerable.Range(0, 300).Select(i =>
            new Write.Create(new(RecordKind.Beat, $"{i}"), Stamp.New(), "{}", default))], Cancel);
    }

    public override ValueTask DisposeAsync()
    {
        foreach (var store in _stores) store.Dispose();
        _folder.Dispose();
        return base.DisposeAsync();
    }

    private SqliteStore Open()
    {
        var store = SqliteStore.Open(new SqliteStoreOptions
        {
            Path = _folder.File("romana.db"),
            History = 200,
            PollInterval = TimeSpan.FromMilliseconds(10),
            LockTimeout = TimeSpan.FromSeconds(30),
        });
        _stores.Add(store);
        return store;
    }
}

public sealed class SqliteTermTests : TermContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<SqliteStore> _stores = [];

    protected override ITermSource Source()
    {
        var store = SqliteStore.Open(new SqliteStoreOptions { Path = _folder.File("romana.db") });
        _stores.Add(store);
        return new SqliteTermSource(store);
    }

    public void Dispose()
    {
        foreach (var store in _stores) store.Dispose();
        _folder.Dispose();
    }
}
