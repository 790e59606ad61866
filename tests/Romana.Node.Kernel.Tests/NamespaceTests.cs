using System.Diagnostics;
using System.Globalization;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>Namespaces entered by a thread that ends there; sockets stay in them.</summary>
public sealed class NamespaceTests
{
    [Fact]
    public void A_socket_stays_in_its_namespace()
    {
        using var first = Sandbox.WithPair();
        using var second = Sandbox.Create();
        Assert.NotNull(first.Kernel.Interfaces.Get("va"));
        Assert.Null(second.Kernel.Interfaces.Get("va"));
        // The thread that opened it has ended long since; any other may ask.
        Assert.Equal(first.Va, second.Space.Run(() => first.Kernel.Interfaces.Get("va")!.Index));
    }

    [Fact]
    public void The_calling_thread_is_never_moved()
    {
        using var sandbox = Sandbox.Create();
        var before = OwnNamespace();
        var inside = sandbox.Space.Run(OwnNamespace);
        Assert.NotEqual(before, inside);
        Assert.Equal(before, OwnNamespace());
        Assert.Throws<InvalidOperationException>(() => sandbox.Space.Run(() => throw new InvalidOperationException("in there")));
        Assert.Equal(before, OwnNamespace());
    }

    [Fact]
    public void Opens_by_the_path_that_a_runtime_gives()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces takes root");
        var name = $"romana-test-{Environment.ProcessId}-{Guid.NewGuid():n}"[..30];
        using (var add = Process.Start("ip", $"netns add {name}")) add.WaitForExit();
        try
        {
            Assert.True(NetworkNamespace.TryOpen($"/var/run/netns/{name}", out var space, out var reason), reason);
            using (space)
            using (var kernel = KernelNetwork.Open(space)) Assert.NotNull(kernel.Interfaces.Get("lo"));
        }
        finally
        {
            using var remove = Process.Start("ip", $"netns del {name}");
            remove.WaitForExit();
        }

        Assert.False(NetworkNamespace.TryOpen($"/var/run/netns/{name}", out _, out var gone));
        Assert.Contains("(ENOENT)", gone, StringComparison.Ordinal);
    }

    [Fact]
    public void Opens_by_process_id()
    {
        using var sandbox = Sandbox.WithPair();
        using var process = sandbox.Space.Run(() => Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true })!);
        try
        {
            Assert.True(NetworkNamespace.TryOpenOfProcess(process.Id, out var space, out var reason), reason);
            using (space)
            using (var kernel = KernelNetwork.Open(space)) Assert.Equal(sandbox.Va, kernel.Interfaces.Get("va")?.Index);
        }
        finally
        {
            process.StandardInput.Close();
            process.WaitForExit();
        }

        Assert.False(NetworkNamespace.TryOpenOfProcess(process.Id, out _, out _));
    }

    [Theory]
    [InlineData("/no/such/file", "cannot open the network namespace /no/such/file: No such file or directory (ENOENT)")]
    [InlineData("/etc/hostname", "/etc/hostname is no network namespace")]
    [InlineData("/proc/self/ns/uts", "/proc/self/ns/uts is no network namespace")]
    [InlineData("/proc", "/proc is no network namespace")]
    [InlineData("", "cannot open the network namespace : No such file or directory (ENOENT)")]
    public void What_is_no_network_namespace_is_refused(string path, string reason)
    {
        Assert.False(NetworkNamespace.TryOpen(path, out _, out var said));
        Assert.Equal(reason, said);
    }

    /// <summary>The path comes from outside: opening one must not wait for a writer that never comes.</summary>
    [Fact]
    public void A_fifo_does_not_hold_us_up()
    {
        var path = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n", CultureInfo.InvariantCulture));
        using (var make = Process.Start("mkfifo", path)) make.WaitForExit();
        try
        {
            Assert.False(NetworkNamespace.TryOpen(path, out _, out var reason));
            Assert.Equal($"{path} is no network namespace", reason);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_setting_is_written_in_its_namespace_and_only_if_it_differs()
    {
        using var sandbox = Sandbox.WithPair();
        using var other = Sandbox.WithPair();
        const string name = "net/ipv4/conf/va/rp_filter";
        Assert.Equal(OutcomeKind.Set, Sysctl.Set(sandbox.Space, name, "2"));
        Assert.Equal(OutcomeKind.Exists, Sysctl.Set(sandbox.Space, name, "2"));
        Assert.Equal("2", sandbox.Run("cat", "/proc/sys/" + name).Trim());
        Assert.NotEqual("2", Sysctl.Get(other.Space, name));
        Assert.Equal(OutcomeKind.Absent, Sysctl.Set(sandbox.Space, "net/ipv4/conf/gone/rp_filter", "2"));
        Assert.Null(Sysctl.Get(sandbox.Space, "net/ipv4/conf/gone/rp_filter"));
    }

    [Fact]
    public void An_interface_with_a_dot_in_its_name_has_settings_too()
    {
        using var sandbox = Sandbox.Create();
        sandbox.Kernel.Interfaces.AddVeth(new VethRequest(new VethEnd("va.100"), new VethEnd("vb")));
        Assert.Equal(OutcomeKind.Set, Sysctl.Set(sandbox.Space, "net/ipv6/conf/va.100/accept_ra", "2"));
    }

    [Theory]
    [InlineData("kernel/hostname")]
    [InlineData("net/../kernel/hostname")]
    [InlineData("net.ipv4.ip_forward")]
    public void What_is_no_network_setting_is_not_touched(string name) =>
        Assert.Throws<ArgumentException>(() => Sysctl.Set(null, name, "1"));

    private static string OwnNamespace() => new FileInfo("/proc/thread-self/ns/net").LinkTarget!;
}
