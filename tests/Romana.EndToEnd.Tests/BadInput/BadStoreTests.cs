namespace Romana.EndToEnd.Tests.BadInput;

/// <summary>Stores that cannot be used. Full, read-only and network disks: <see cref="BadDiskTests"/>.</summary>
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
}
