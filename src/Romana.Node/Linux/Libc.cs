using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Romana.Node.Linux;

/// <summary>The calls that .NET has no face for. Each is tried again when a signal cut it short.</summary>
internal static partial class Libc
{
    public static int Retry(Func<int> call)
    {
        while (true)
        {
            var result = call();
            if (result >= 0 || Marshal.GetLastPInvokeError() != Netlink.Errno.Interrupted) return result;
        }
    }

    public static IOException Failure(string doing)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"cannot {doing}: {Marshal.GetPInvokeErrorMessage(error)} ({Netlink.Errno.Name(error)})");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenAt(SafeFileHandle folder, string path, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, nint size);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(SafeFileHandle file, nuint request);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(SafeFileHandle space, int kind);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int kinds);

    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(SafeHandle socket, ref NetlinkAddress address, int size);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(SafeHandle socket, ref NetlinkAddress address, int size);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    public static partial int SocketName(SafeHandle socket, ref NetlinkAddress address, ref int size);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(SafeHandle socket, int level, int option, ReadOnlySpan<byte> value, int size);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(SafeHandle socket, ReadOnlySpan<byte> bytes, nint size, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(SafeHandle socket, Span<byte> bytes, nint size, int flags);

    // AT_EMPTY_PATH and STATX_INO.
    public const int EmptyPath = 0x1000;
    public const uint InodeField = 0x100;

    /// <summary>Its structure, unlike that of fstat, is the same on every processor.</summary>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Status(SafeFileHandle file, string path, int flags, uint fields, out FileStatus status);

    /// <summary>struct statx of linux/stat.h, as far as it is read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct FileStatus
    {
        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint Major;

        [FieldOffset(140)]
        public uint Minor;
    }

    /// <summary>struct sockaddr_nl.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct NetlinkAddress
    {
        public ushort Family;
        public ushort Padding;
        public uint Port;
        public uint Groups;
    }
}
