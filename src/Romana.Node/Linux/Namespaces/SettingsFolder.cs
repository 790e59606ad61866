using System.Text;
using Microsoft.Win32.SafeHandles;
using Romana.Node.Linux.Netlink;

namespace Romana.Node.Linux.Namespaces;

/// <summary>
/// A folder of /proc/sys/net, held open for settings that netlink cannot write. Its own path is walked once: each of its parts
/// has a look-alike in every other namespace, and the kernel looks through all of them each time.
/// </summary>
internal sealed class SettingsFolder : IDisposable
{
    // O_PATH | O_DIRECTORY | O_CLOEXEC; O_WRONLY | O_CLOEXEC.
    private const int FolderFlags = 0x200000 | 0x10000 | 0x80000, WriteFlags = 1 | 0x80000;

    private readonly SafeFileHandle _folder;

    private SettingsFolder(SafeFileHandle folder) => _folder = folder;

    /// <summary>As the calling thread's namespace has it; null if this kernel has no such settings.</summary>
    /// <param name="name">With slashes: "net/ipv6/conf".</param>
    public static SettingsFolder? Open(string name)
    {
        var number = Libc.Retry(() => Libc.Open("/proc/sys/" + name, FolderFlags));
        return number < 0 ? null : new SettingsFolder(new SafeFileHandle(number, ownsHandle: true));
    }

    /// <summary>False: there is no such setting, or none any more.</summary>
    /// <exception cref="IOException"/>
    public bool Write(string name, string value)
    {
        var number = Libc.Retry(() => Libc.OpenAt(_folder, name, WriteFlags));
        if (number < 0) return IsGone() ? false : throw Libc.Failure($"open the setting {name}");
        using var file = new SafeFileHandle(number, ownsHandle: true);
        var bytes = Encoding.ASCII.GetBytes(value);
        if (Libc.Write(file, bytes, bytes.Length) == bytes.Length) return true;
        return IsGone() ? false : throw Libc.Failure($"write {value} to the setting {name}");
    }

    public void Dispose() => _folder.Dispose();

    private static bool IsGone() => System.Runtime.InteropServices.Marshal.GetLastPInvokeError() is Errno.NoEntry or Errno.NoDevice;
}
