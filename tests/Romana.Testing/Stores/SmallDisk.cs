using System.Diagnostics;
using Xunit;

namespace Romana.Testing.Stores;

/// <summary>A tmpfs of the test's own; the test is skipped where mounting is not allowed.</summary>
public sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public static SmallDisk Mount(string path, string size)
    {
        Directory.CreateDirectory(path);
        var refusal = Run("mount", "-t", "tmpfs", "-o", $"size={size}", "romana-test", path);
        Assert.SkipWhen(refusal is not null, $"a small disk cannot be mounted here (root is needed): {refusal}");
        return new SmallDisk(path);
    }

    /// <summary>Takes all the space there is.</summary>
    public void Fill()
    {
        using var filler = System.IO.File.OpenHandle(File("filler"), FileMode.CreateNew, FileAccess.Write);
        var block = new byte[4096];
        try
        {
            for (long at = 0; ; at += block.Length) RandomAccess.Write(filler, block, at);
        }
        catch (IOException)
        {
            // Full, as wanted.
        }
    }

    public void Empty() => System.IO.File.Delete(File("filler"));

    public void MakeReadOnly() => Assert.Null(Run("mount", "-o", "remount,ro", Path));

    public void MakeWritable() => Assert.Null(Run("mount", "-o", "remount,rw", Path));

    /// <summary>Lazily: a failed test may still have a file open.</summary>
    public void Dispose() => Run("umount", "-l", Path);

    /// <summary>Null, or what it said when it failed.</summary>
    private static string? Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : said;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return missing.Message;
        }
    }
}
