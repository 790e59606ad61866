using System.Diagnostics;
using Romana.Node.Linux.Namespaces;

namespace Romana.Node.Kernel.Tests;

/// <summary>Programs run inside a namespace.</summary>
internal static class Commands
{
    /// <summary>What it prints.</summary>
    public static string Run(NetworkNamespace space, string program, string arguments, string input = "") => space.Run(() =>
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using var process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {arguments}: {error.Result}{input}");
        return output;
    });
}
