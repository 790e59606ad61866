using System.Diagnostics;
using Romana.Node.Kernel.Tests.Cni;

namespace Romana.Node.Kernel.Tests;

/// <summary>The systemd unit, as `systemd-analyze verify` reads it. The program need not be installed for that: another stands for it.</summary>
public sealed class UnitTests : IDisposable
{
    private const string Program = "/usr/bin/romana-node";

    private readonly string _folder = Directory.CreateTempSubdirectory("romana-unit-").FullName;

    [Fact]
    public async Task Systemd_has_nothing_to_say_about_our_unit()
    {
        var (code, said) = await VerifyAsync(await UnitAsync());
        Assert.Equal("", said);
        Assert.Equal(0, code);
    }

    /// <summary>It would say so.</summary>
    [Theory]
    [InlineData("Restart=always", "Restart=sometimes", "sometimes")]
    [InlineData("RestartSec=1", "RestartSec=soon", "soon")]
    [InlineData("KillMode=process", "KilMode=process", "KilMode")]
    public async Task Of_a_damaged_unit_systemd_says_what_is_wrong(string right, string wrong, string named)
    {
        var unit = await UnitAsync();
        Assert.Contains(right, unit, StringComparison.Ordinal);
        Assert.Contains(named, (await VerifyAsync(unit.Replace(right, wrong, StringComparison.Ordinal))).Said, StringComparison.Ordinal);
    }

    /// <summary>The agent enters namespaces, changes the network, and announces by packet sockets: without these it cannot.</summary>
    [Fact]
    public async Task The_unit_leaves_the_agent_what_it_needs()
    {
        var unit = await UnitAsync();
        foreach (var capability in (string[])["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYS_ADMIN"]) Assert.Contains(capability, unit, StringComparison.Ordinal);
        Assert.DoesNotContain("PrivateNetwork", unit, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<string> UnitAsync()
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Plugins.Root(), "deploy/systemd/romana-node.service"), TestContext.Current.CancellationToken);
        Assert.Contains($"ExecStart={Program} agent", text, StringComparison.Ordinal);
        return text.Replace(Program, "/bin/true", StringComparison.Ordinal);
    }

    private async Task<(int Code, string Said)> VerifyAsync(string unit)
    {
        const string analyze = "/usr/bin/systemd-analyze";
        Assert.SkipUnless(File.Exists(analyze), "there is no systemd-analyze here; on Debian: apt-get install systemd");
        var file = Path.Combine(_folder, "romana-node.service");
        await File.WriteAllTextAsync(file, unit, TestContext.Current.CancellationToken);
        using var process = Process.Start(new ProcessStartInfo(analyze, ["verify", "--man=no", file]) { RedirectStandardError = true })!;
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        // Other units of the machine are read as well; what is wrong with them is not ours.
        return (process.ExitCode, string.Join('\n', said.Split('\n').Where(line => line.Contains("romana-node", StringComparison.Ordinal))));
    }
}
