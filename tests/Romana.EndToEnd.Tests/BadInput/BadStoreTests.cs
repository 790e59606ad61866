using Romana.Ipam.Stores;
using Romana.Stores.Sqlite;

namespace Romana.EndToEnd.Tests.BadInput;

/// <summary>Stores that cannot be used. Full disks and network file systems are caused in the store's own tests, whose messages these are.</summary>
public sealed class BadStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("romana-store-").FullName;

    private string Store => Path.Combine(_folder, "romana.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_store_that_is_not_there_is_not_made_by_looking()
    {
        (await ProgramAnswer.Of("hosts", "--store", Store)).IsClear(2, Store, "Remedy:");
        Assert.False(File.Exists(Store));
    }

    [Fact]
    public async Task A_folder_in_its_place_is_named() => (await ProgramAnswer.Of("hosts", "--store", _folder)).IsClear(1, _folder);

    [Theory]
    [InlineData("hosts")]
    [InlineData("blocks")]
    [InlineData("routes show")]
    [InlineData("ipam show")]
    public async Task A_corrupt_store_is_left_as_it_is(string command)
    {
        var bytes = Enumerable.Range(0, 8192).Select(i => (byte)(i * 31)).ToArray();
        await File.WriteAllBytesAsync(Store, bytes, TestContext.Current.CancellationToken);
        (await ProgramAnswer.Of([.. command.Split(' '), "--store", Store])).IsClear(1, Store, "is damaged");
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Store, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_network_file_system_is_refused()
    {
        // A real NFS mount needs root and a server: the probe is told what it would have read in /proc/self/mountinfo.
        var refusal = Assert.Throws<StoreUnavailableException>(() =>
            SqliteStore.Open(new SqliteStoreOptions { Path = Store, FileSystemOf = _ => "nfs4" }));
        Assert.Contains("network file system (nfs4)", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Store));
    }

    [Fact]
    public async Task A_second_controller_hears_of_the_first()
    {
        using var store = SqliteStore.Open(new SqliteStoreOptions { Path = Store });
        using var term = await new SqliteTermSource(store).TryAcquireAsync("controller, process 4711", TestContext.Current.CancellationToken);
        Assert.NotNull(term);
        (await ProgramAnswer.Of("controller", "--store", Store, "--vpc", "vpc-1", "--region", "us-west-2", "--endpoint", "http://127.0.0.1:9", "--listen", "127.0.0.1:0"))
            .IsClear(1, "controller, process 4711");
    }
}
