using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Romana.Stores.Sqlite;

/// <summary>
/// An open-file-description lock on one byte of a file (fcntl(2), F_OFD_SETLK): gone with its holder, however that dies,
/// and, unlike flock(2), it can be asked about without being taken.
/// </summary>
internal sealed partial class OpenFileLock : IDisposable
{
    /// <summary>Byte whose holder is the one controller, and byte whose holder is opening or making the database.</summary>
    public const long Term = 0, Opening = 1;

    private const int GetLock = 36, SetLock = 37, SetLockWait = 38;
    private const short WriteLock = 1, Unlocked = 2;
    private const int Interrupted = 4, Again = 11, Denied = 13;

    private readonly SafeFileHandle _file;

    private OpenFileLock(SafeFileHandle file) => _file = file;

    public SafeFileHandle File => _file;

    /// <summary>Null while somebody else holds it.</summary>
    /// <exception cref="IOException">The file cannot be opened or locked.</exception>
    public static OpenFileLock? Try(string path, long offset) => Take(path, offset, SetLock);

    /// <summary>Waits; for what takes milliseconds.</summary>
    public static OpenFileLock Wait(string path, long offset) => Take(path, offset, SetLockWait)!;

    public static bool IsHeld(string path, long offset)
    {
        if (!System.IO.File.Exists(path)) return false;
        using var file = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var wanted = Byte(offset);
        return Call(file, GetLock, ref wanted) == 0 && wanted.Type != Unlocked;
    }

    public void Dispose() => _file.Dispose();

    private static OpenFileLock? Take(string path, long offset, int command)
    {
        var file = System.IO.File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        try
        {
            var wanted = Byte(offset);
            var error = Call(file, command, ref wanted);
            if (error == 0) return new OpenFileLock(file);
            if (error is not (Again or Denied)) throw new IOException($"{path} cannot be locked: error {error} of fcntl");
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    private static Flock Byte(long offset) => new() { Type = WriteLock, Start = offset, Length = 1 };

    private static int Call(SafeFileHandle file, int command, ref Flock range)
    {
        while (Fcntl(file, command, ref range) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted) return error;
        }

        return 0;
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(SafeFileHandle file, int command, ref Flock range);

    /// <summary>struct flock of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Flock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Pid;
    }
}
