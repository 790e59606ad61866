using System.Text;
using System.Text.Json.Nodes;
using Romana.Node.Install;

namespace Romana.Node.Tests.Install;

/// <summary>What is put on a machine, and that it goes again without a trace.</summary>
public sealed class InstalledFilesTests : IDisposable
{
    private const string Conf = "/etc/systemd/networkd.conf.d/90-romana.conf";
    private readonly string _root = Directory.CreateTempSubdirectory("romana-install-").FullName;

    public InstalledFilesTests()
    {
        Directory.CreateDirectory(Real("/etc/systemd"));
        File.WriteAllText(Real("/etc/systemd/networkd.conf"), "[Network]\n");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_was_put_goes_again_without_a_trace()
    {
        var before = Tree();
        Assert.Equal(Release("1").Select(file => file.Path), new InstalledFiles(_root).Put(Release("1")));
        Assert.Equal(NodeFile.Runnable, File.GetUnixFileMode(Real("/opt/cni/bin/romana-cni")));
        Assert.NotEqual(before, Tree());
        Assert.Empty(new InstalledFiles(_root).RemoveAll());
        Assert.Equal(before, Tree());
        Assert.Empty(new InstalledFiles(_root).RemoveAll());
        Assert.Equal(before, Tree());
    }

    [Fact]
    public void Putting_the_same_again_writes_nothing_and_a_later_release_what_changed()
    {
        new InstalledFiles(_root).Put(Release("1"));
        var before = Tree();
        Assert.Empty(new InstalledFiles(_root).Put(Release("1")));
        Assert.Equal(before, Tree());
        Assert.Equal(["/opt/cni/bin/romana-cni"], new InstalledFiles(_root).Put(Release("2")));
        Assert.Equal("2", File.ReadAllText(Real("/opt/cni/bin/romana-cni")));
        File.WriteAllText(Real("/opt/cni/bin/romana-cni"), "1");
        Assert.Equal(["/opt/cni/bin/romana-cni"], new InstalledFiles(_root).RemoveAll());
    }

    [Fact]
    public void What_is_somebody_elses_stops_it_before_the_first_file()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Real(Conf))!);
        File.WriteAllText(Real(Conf), "theirs");
        var before = Tree();
        var refused = Assert.Throws<InstallRefusedException>(() => new InstalledFiles(_root).Put(Release("1")));
        Assert.Contains(Conf, refused.Message, StringComparison.Ordinal);
        Assert.Contains("move it away", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Tree());
    }

    [Fact]
    public void A_link_in_the_place_of_a_file_is_not_followed()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Real(Conf))!);
        File.CreateSymbolicLink(Real(Conf), Real("/etc/systemd/networkd.conf"));
        Assert.Throws<InstallRefusedException>(() => new InstalledFiles(_root).Put(Release("1")));
        Assert.Equal("[Network]\n", File.ReadAllText(Real("/etc/systemd/networkd.conf")));
    }

    [Fact]
    public void What_somebody_changed_since_stays_and_is_named()
    {
        new InstalledFiles(_root).Put(Release("1"));
        File.WriteAllText(Real(Conf), "mine now");
        Assert.Equal([Conf], new InstalledFiles(_root).RemoveAll());
        Assert.Equal("mine now", File.ReadAllText(Real(Conf)));
        Assert.False(File.Exists(Real("/opt/cni/bin/romana-cni")));
    }

    [Fact]
    public void A_file_that_stood_there_as_ours_would_be_is_not_ours()
    {
        var ours = Release("1").Single(file => file.Path == Conf);
        Directory.CreateDirectory(Path.GetDirectoryName(Real(Conf))!);
        File.WriteAllBytes(Real(Conf), ours.Content.ToArray());
        var before = Tree();
        new InstalledFiles(_root).Put(Release("1"));
        new InstalledFiles(_root).RemoveAll();
        Assert.Equal(before, Tree());
    }

    /// <summary>Killed after the record and before the files, or half-way through them.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_process_that_was_killed_leaves_nothing_that_the_next_does_not_take_away(int written)
    {
        var before = Tree();
        new InstalledFiles(_root).Put(Release("1"));
        foreach (var file in Release("1").Skip(written)) File.Delete(Real(file.Path));
        File.WriteAllText(Real("/opt/cni/bin/.romana-cni.new"), "half");
        Assert.Empty(new InstalledFiles(_root).RemoveAll());
        Assert.Equal(before, Tree());
    }

    [Fact]
    public void The_conflist_comes_and_goes_by_itself()
    {
        var files = new InstalledFiles(_root);
        files.Put(Release("1"));
        var before = Tree();
        var list = NodeFiles.Conflist("/etc/cni/net.d", "/run/romana/cni.sock", ["portmap", "bandwidth"]);
        Assert.Equal([list.Path], files.Put([list]));
        Assert.Empty(files.Put([list]));
        Assert.True(files.Remove(list.Path));
        Assert.True(files.Remove(list.Path));
        Assert.DoesNotContain(Tree(), line => line.Contains("conflist", StringComparison.Ordinal) && !line.Contains("installed.json", StringComparison.Ordinal));
        files.RemoveAll();
        Assert.DoesNotContain("/etc/cni", Directory.EnumerateDirectories(Real("/etc")).Select(folder => folder[_root.Length..]));
        Assert.Contains(before, line => line.StartsWith(Conf, StringComparison.Ordinal));
    }

    [Fact]
    public void A_broken_record_is_refused_with_what_to_do()
    {
        Directory.CreateDirectory(Real("/var/lib/romana"));
        File.WriteAllText(Real(InstalledFiles.RecordPath), "{");
        var refused = Assert.Throws<InstallRefusedException>(() => new InstalledFiles(_root).RemoveAll());
        Assert.Contains("installed.json cannot be read", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_conflist_is_what_a_runtime_reads()
    {
        var list = JsonNode.Parse(NodeFiles.Conflist("/etc/cni/net.d", "/run/romana/cni.sock", ["portmap", "bandwidth"]).Content.Span)!;
        Assert.Equal("romana", (string?)list["name"]);
        Assert.Equal(["romana-cni", "portmap", "bandwidth"], list["plugins"]!.AsArray().Select(plugin => (string?)plugin!["type"]));
        Assert.Equal("/run/romana/cni.sock", (string?)list["plugins"]![0]!["agentSocket"]);
        Assert.True((bool?)list["plugins"]![1]!["capabilities"]!["portMappings"]);
        Assert.True((bool?)list["plugins"]![2]!["capabilities"]!["bandwidth"]);
    }

    private string Real(string path) => Path.Combine(_root, path.TrimStart('/'));

    private static IReadOnlyList<NodeFile> Release(string program) =>
        [NodeFiles.Plugin("/opt/cni/bin", Encoding.UTF8.GetBytes(program)), .. NodeFiles.ForNetworkd(), NodeFiles.ForNetworkManager()];

    private List<string> Tree() => [.. Directory.EnumerateFileSystemEntries(_root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(path => $"{path[_root.Length..]} {File.GetUnixFileMode(path)} {(File.Exists(path) ? File.ReadAllText(path) : "")}")];
}
