using System.ComponentModel;
using System.Diagnostics;
using Romana.Node.Linux.Namespaces;

namespace Romana.Node.Linux.Nftables;

/// <summary>nftables by its program, where the library is not installed.</summary>
internal sealed class ProgramNftables(NetworkNamespace? space, string program = "nft") : INftables
{
    public NftAnswer Apply(string ruleset) => Run(ruleset, ruleset.AsSpan().TrimStart().StartsWith("{") ? ["-j", "-f", "-"] : ["-f", "-"]);

    public NftAnswer Read(string command) => Run("", ["-j", command]);

    public bool IsOwn(NftWriter writer) => false;

    /// <summary>A child is in the namespace of the thread that starts it.</summary>
    private NftAnswer Run(string input, string[] arguments) => space is null ? RunHere(input, arguments) : space.Run(() => RunHere(input, arguments));

    private NftAnswer RunHere(string input, string[] arguments)
    {
        using var process = Start(arguments);
        // Both are read while the input is written: nft may say more than a pipe holds before it has read everything.
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It went before it read everything; its words say why.
        }

        process.WaitForExit();
        return process.ExitCode == 0 ? new NftAnswer.Done(output.Result) : new NftAnswer.Refused(error.Result.TrimEnd());
    }

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception absent)
        {
            throw new IOException($"neither {NftablesAccess.Library} nor the program {program} is here: install the package nftables", absent);
        }
    }
}
