using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Planning;

namespace Romana.Node.Linux;

/// <summary>iptables by its programs, whichever kind (nft or legacy) the system takes for the usual.</summary>
/// <param name="space">Null is the calling thread's namespace.</param>
internal sealed class Iptables(NetworkNamespace? space)
{
    /// <summary>Null: the programs are not installed, or have no such table in this kernel: nobody's rules can be there.</summary>
    public ForwardListing? Read(IpFamily family)
    {
        if (Run(Program(family), "-w 5 -S FORWARD") is not { ExitCode: 0 } forward) return null;
        var lines = forward.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var policy = lines.FirstOrDefault(line => line.StartsWith("-P FORWARD ", StringComparison.Ordinal))?.Split(' ')[2] ?? "ACCEPT";
        var rules = lines.Where(line => line.StartsWith("-A FORWARD ", StringComparison.Ordinal)).ToImmutableArray();
        // The chain's absence is the usual beginning, and an error to iptables.
        var ours = Run(Program(family), $"-w 5 -S {FabricTerms.ForwardChain}");
        return new ForwardListing(family, policy, rules,
            [.. (ours is { ExitCode: 0 } ? ours.Output : "").Split('\n').Where(line => line.StartsWith("-A ", StringComparison.Ordinal))]);
    }

    public bool HasChain(IpFamily family) => Run(Program(family), $"-w 5 -S {FabricTerms.ForwardChain}") is { ExitCode: 0 };

    /// <exception cref="IOException">Nothing was changed.</exception>
    public void Restore(IpFamily family, string text)
    {
        var answer = Run(Program(family) + "-restore", "--noflush -w 5", text);
        if (answer is not { ExitCode: 0 }) throw new IOException($"{Program(family)}-restore refused: {answer?.Error.Trim() ?? "it is not installed"}");
    }

    private static string Program(IpFamily family) => family == IpFamily.IPv4 ? "iptables" : "ip6tables";

    private Answer? Run(string program, string arguments, string input = "") =>
        space is null ? RunHere(program, arguments, input) : space.Run(() => RunHere(program, arguments, input));

    private static Answer? RunHere(string program, string arguments, string input)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            process.WaitForExit();
            return new Answer(process.ExitCode, output.Result, error.Result);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private sealed record Answer(int ExitCode, string Output, string Error);
}
