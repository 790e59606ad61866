using Romana.Stores.Sqlite;
using Romana.Testing.Stores;

namespace Romana.Stores.Tests.Sqlite;

public sealed class FileSystemsTests : IDisposable
{
    private static readonly string[] Mounts =
    [
        "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
        "30 22 0:25 / /srv rw shared:1 - nfs4 server:/export rw",
        "31 30 0:26 / /srv/local rw shared:2 master:3 - xfs /dev/vdb rw",
        "32 22 0:27 / /mnt/with\\040space rw - cifs //server/share rw",
        "33 22 0:28 / /over rw - nfs server:/a rw",
        "34 22 0:29 / /over rw - tmpfs tmpfs rw",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/var/lib/romana.db", "ext4")]
    [InlineData("/srv/romana.db", "nfs4")]
    [InlineData("/srvother/romana.db", "ext4")]
    [InlineData("/srv/local/romana.db", "xfs")]
    [InlineData("/mnt/with space/romana.db", "cifs")]
    [InlineData("/over/romana.db", "tmpfs")]
    public void The_deepest_and_latest_mount_counts(string path, string type) =>
        Assert.Equal(type, FileSystems.TypeOf(path, Mounts));

    [Fact]
    public void A_link_is_followed_to_the_disk_it_points_to()
    {
        using var disk = SmallDisk.Mount(_folder.File("disk"), "256k");
        Directory.CreateSymbolicLink(_folder.File("link"), disk.Path);
        Assert.Equal("tmpfs", FileSystems.TypeOf(Path.Combine(_folder.File("link"), "romana.db")));
        using var store = SqliteStore.Open(new SqliteStoreOptions { Path = Path.Combine(_folder.File("link"), "romana.db") });
        Assert.True(store.CreatedNow);
    }
}
