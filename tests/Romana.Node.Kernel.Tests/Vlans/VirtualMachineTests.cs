using System.Diagnostics;
using System.Text.RegularExpressions;
using Romana.Node.Kernel.Tests.Cni;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>What this machine's kernel may lack, on a throw-away one that has it (`scripts/vm.sh`).</summary>
public sealed partial class VirtualMachineTests
{
    // Of scripts/vm.sh: a guest cannot be had here.
    private const int NotHere = 126;

    [Fact]
    public async Task Tagged_VLANs_are_kept_on_a_kernel_that_has_them()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "the guest's files are root's");
        var tests = Path.Combine(AppContext.BaseDirectory, "Romana.Node.Kernel.Tests");
        var start = new ProcessStartInfo(Path.Combine(Plugins.Root(), "scripts", "vm.sh"),
            ["-t", "480", "-i", AppContext.BaseDirectory.TrimEnd('/'), tests, "-class", typeof(TaggedTests).FullName!, "-explicit", "only", "-noColor", "-noLogo"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.SkipWhen(process.ExitCode == NotHere, (await error).Trim());
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}: {await error}\n{output}");
        var said = Summary().Match(output);
        Assert.True(said.Success, output);
        // All of them ran: five pairs, the switch, the gateway, three harms.
        Assert.Equal(["10", "0", "0", "0", "0"], said.Groups.Values.Skip(1).Select(group => group.Value));
    }

    [GeneratedRegex(@"Total: (\d+), Errors: (\d+), Failed: (\d+), Skipped: (\d+), Not Run: (\d+)")]
    private static partial Regex Summary();
}
