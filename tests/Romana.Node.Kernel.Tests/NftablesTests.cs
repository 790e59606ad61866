using System.Globalization;
using System.Text;
using System.Text.Json;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Nftables;

namespace Romana.Node.Kernel.Tests;

/// <summary>Rulesets applied through the library and by the program, as `nft` itself shows them.</summary>
public sealed class NftablesTests
{
    private const string Table =
        """
        table inet romana {
            set pods { type ifname . ipv4_addr; elements = { "rom1" . 10.1.0.1, "rom2" . 10.1.0.2 }; }
            chain prerouting {
                type filter hook prerouting priority raw; policy accept;
                iifname . ip saddr @pods accept
            }
        }

        """;

    /// <summary>The way to nftables under test.</summary>
    public enum Way
    {
        Library,
        Program,
    }

    [Theory]
    [InlineData(Way.Library)]
    [InlineData(Way.Program)]
    public void A_ruleset_is_applied_in_its_namespace_alone(Way way)
    {
        using var sandbox = Sandbox.Create();
        using var other = Sandbox.Create();
        Assert.Equal("", Done(Open(way, sandbox.Space).Apply(Table)));
        var shown = sandbox.Run("nft", "list ruleset");
        Assert.Contains("iifname . ip saddr @pods accept", shown, StringComparison.Ordinal);
        Assert.Contains("\"rom2\" . 10.1.0.2", shown, StringComparison.Ordinal);
        Assert.Equal("", other.Run("nft", "list ruleset"));
    }

    [Theory]
    [InlineData(Way.Library)]
    [InlineData(Way.Program)]
    public void A_list_is_the_json_that_nft_prints(Way way)
    {
        using var sandbox = Sandbox.Create();
        var nftables = Open(way, sandbox.Space);
        Done(nftables.Apply(Table));
        using var listed = JsonDocument.Parse(Done(nftables.Read("list ruleset")));
        using var printed = JsonDocument.Parse(sandbox.Run("nft", "-j list ruleset"));
        Assert.True(JsonElement.DeepEquals(printed.RootElement, listed.RootElement));
        Assert.Equal("""{"nftables":""", Done(nftables.Read("list tables")).Replace(" ", "", StringComparison.Ordinal)[..12]);
    }

    [Theory]
    [InlineData(Way.Library)]
    [InlineData(Way.Program)]
    public void A_ruleset_may_be_json(Way way)
    {
        using var sandbox = Sandbox.Create();
        Done(Open(way, sandbox.Space).Apply("""{"nftables": [{"add": {"table": {"family": "inet", "name": "romana"}}}]}"""));
        Assert.Equal("table inet romana\n", sandbox.Run("nft", "list tables"));
    }

    /// <summary>One transaction: what stands before the mistake is not done either.</summary>
    [Theory]
    [InlineData(Way.Library, "add table inet second\nadd element inet romana nothing { 10.1.0.3 }\n", "No such file or directory")]
    [InlineData(Way.Program, "add table inet second\nadd element inet romana nothing { 10.1.0.3 }\n", "No such file or directory")]
    [InlineData(Way.Library, "add table inet second\nadd wrong\n", "syntax error")]
    [InlineData(Way.Program, "add table inet second\nadd wrong\n", "syntax error")]
    [InlineData(Way.Library, "add table inet second\ndelete table inet third\n", "No such file or directory")]
    [InlineData(Way.Program, "add table inet second\ndelete table inet third\n", "No such file or directory")]
    public void A_refused_ruleset_leaves_nothing_and_says_why(Way way, string ruleset, string text)
    {
        using var sandbox = Sandbox.Create();
        var nftables = Open(way, sandbox.Space);
        Done(nftables.Apply(Table));
        var before = sandbox.Run("nft", "list ruleset");
        var refused = Assert.IsType<NftAnswer.Refused>(nftables.Apply(ruleset));
        Assert.Contains(text, refused.Text, StringComparison.Ordinal);
        Assert.Equal(before, sandbox.Run("nft", "list ruleset"));
        Done(nftables.Apply("add element inet romana pods { \"rom3\" . 10.1.0.3 }\n"));
    }

    /// <summary>The house's way to replace a table whole: nft 1.0.6 knows no destroy.</summary>
    [Theory]
    [InlineData(Way.Library)]
    [InlineData(Way.Program)]
    public void A_table_is_replaced_in_one_transaction(Way way)
    {
        using var sandbox = Sandbox.Create();
        var nftables = Open(way, sandbox.Space);
        for (var i = 0; i < 3; i++) Done(nftables.Apply($"add table inet romana\ndelete table inet romana\n{Table}"));
        Assert.Equal("table inet romana\n", sandbox.Run("nft", "list tables"));
    }

    /// <summary>A thousand pods' elements, more than a pipe or a netlink datagram holds.</summary>
    [Theory]
    [InlineData(Way.Library)]
    [InlineData(Way.Program)]
    public void A_big_ruleset(Way way)
    {
        using var sandbox = Sandbox.Create();
        var nftables = Open(way, sandbox.Space);
        var ruleset = new StringBuilder(Table);
        for (var i = 0; i < 5_000; i++)
            ruleset.AppendLine(CultureInfo.InvariantCulture, $"add element inet romana pods {{ \"vethpod{i}\" . 10.2.{i / 256}.{i % 256} }}");
        Done(nftables.Apply(ruleset.ToString()));
        using var listed = JsonDocument.Parse(Done(nftables.Read("list set inet romana pods")));
        var set = listed.RootElement.GetProperty("nftables").EnumerateArray().Single(item => item.TryGetProperty("set", out _)).GetProperty("set");
        Assert.Equal(5_002, set.GetProperty("elem").GetArrayLength());
    }

    [Fact]
    public void Many_namespaces_at_once()
    {
        using var first = Sandbox.Create();
        using var second = Sandbox.Create();
        Parallel.For(0, 40, i =>
        {
            var nftables = Open(Way.Library, i % 2 == 0 ? first.Space : second.Space);
            Done(nftables.Apply($"add table inet romana{i}\n"));
        });
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"romana{2 * i}").Order(StringComparer.Ordinal), Tables(first));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"romana{(2 * i) + 1}").Order(StringComparer.Ordinal), Tables(second));

        static IEnumerable<string> Tables(Sandbox sandbox) => sandbox.Run("nft", "list tables")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[2]).Order(StringComparer.Ordinal);
    }

    [Fact]
    public void The_library_is_taken_where_it_is_installed()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "nftables takes root");
        Assert.IsType<LibraryNftables>(NftablesAccess.Open(null));
    }

    [Fact]
    public void Where_neither_is_installed_it_says_what_to_install()
    {
        var fault = Assert.Throws<IOException>(() => new ProgramNftables(null, "nft-that-is-not-there").Read("list tables"));
        Assert.Equal("neither libnftables.so.1 nor the program nft-that-is-not-there is here: install the package nftables", fault.Message);
    }

    private static INftables Open(Way way, NetworkNamespace space) => way == Way.Library ? new LibraryNftables(space) : new ProgramNftables(space);

    private static string Done(NftAnswer answer) => Assert.IsType<NftAnswer.Done>(answer).Output;

    /// <summary>The library would end this process: it waits with select(2).</summary>
    [Fact]
    public void A_process_with_more_than_a_thousand_open_files_is_served()
    {
        using var sandbox = Sandbox.Create();
        var files = new List<FileStream>();
        try
        {
            while (files.Count < 1_100) files.Add(new FileStream("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            var nft = new LibraryNftables(sandbox.Space);
            Assert.IsType<NftAnswer.Done>(nft.Apply("add table inet many"));
            Assert.Contains("many", Assert.IsType<NftAnswer.Done>(nft.Read("list tables")).Output, StringComparison.Ordinal);
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }
    }
}
