using Romana.Node.Linux.Nftables;

namespace Romana.Node.Kernel.Tests;

/// <summary>Whose changes of nftables are told.</summary>
public sealed class NftMonitorTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task What_was_changed_here_is_not_told_and_what_others_changed_is()
    {
        using var sandbox = Sandbox.Create();
        var (ours, theirs) = (new LibraryNftables(sandbox.Space), new LibraryNftables(sandbox.Space));
        using var monitor = NftMonitor.Open(sandbox.Space, ["romana", "filter"], ours.IsOwn);
        Apply(ours, "add table inet romana\nadd set inet romana pods { type ipv4_addr; }\n");
        Apply(ours, "add element inet romana pods { 10.1.0.1 }\n");
        sandbox.Run("nft", "add table ip filter");
        Assert.Equal(["filter"], await NextAsync(monitor));
        sandbox.Run("nft", "add element inet romana pods { 10.1.0.2 }");
        Assert.Equal(["romana"], await NextAsync(monitor));

        // Another part of the same process is another as well.
        Apply(ours, "add element inet romana pods { 10.1.0.3 }\n");
        Apply(theirs, "delete table ip filter\n");
        Assert.Equal(["filter"], await NextAsync(monitor));
    }

    private static void Apply(LibraryNftables nftables, string ruleset) => Assert.IsType<NftAnswer.Done>(nftables.Apply(ruleset));

    private static Task<System.Collections.Immutable.ImmutableHashSet<string>> NextAsync(NftMonitor monitor) =>
        monitor.NextAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limit, TestContext.Current.CancellationToken);
}
