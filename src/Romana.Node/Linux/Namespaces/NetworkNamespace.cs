using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Linux.Namespaces;

/// <summary>
/// A network namespace held open by a descriptor: it lives as long as this does, whatever becomes of its name and its
/// processes. A thread is in a namespace, not a process, so that work in one has a thread of its own
/// (docs/decisions/0025-netlink-and-namespaces.md).
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    // O_RDONLY | O_CLOEXEC | O_NONBLOCK: the path comes from a runtime's arguments, and a FIFO must not hold us up.
    private const int OpenFlags = 0x80000 | 0x800;

    // CLONE_NEWNET; NS_GET_NSTYPE of linux/nsfs.h answers with it.
    private const int NetworkKind = 0x40000000;
    private const nuint GetKind = 0xb703;

    private readonly SafeFileHandle _descriptor;

    private NetworkNamespace(SafeFileHandle descriptor, string name)
    {
        _descriptor = descriptor;
        Name = name;
    }

    /// <summary>Where it was opened from, for messages.</summary>
    public string Name { get; }

    /// <summary>For requests that name it; good only while this is not disposed.</summary>
    public NamespaceHandle Handle => new((int)_descriptor.DangerousGetHandle());

    /// <summary>False with the reason if nothing is at the path, or something that is no network namespace.</summary>
    public static bool TryOpen(string path, [NotNullWhen(true)] out NetworkNamespace? space, [NotNullWhen(false)] out string? reason)
    {
        (space, reason) = (null, null);
        var number = Libc.Retry(() => Libc.Open(path, OpenFlags));
        if (number < 0)
        {
            reason = Libc.Failure($"open the network namespace {path}").Message;
            return false;
        }

        var descriptor = new SafeFileHandle(number, ownsHandle: true);
        if (Libc.Ioctl(descriptor, GetKind) != NetworkKind)
        {
            descriptor.Dispose();
            reason = $"{path} is no network namespace";
            return false;
        }

        space = new NetworkNamespace(descriptor, path);
        return true;
    }

    public static bool TryOpenOfProcess(int process, [NotNullWhen(true)] out NetworkNamespace? space, [NotNullWhen(false)] out string? reason) =>
        TryOpen(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/ns/net"), out space, out reason);

    /// <summary>The namespace of the calling thread.</summary>
    public static NetworkNamespace Current() =>
        TryOpen(PathOfThread(), out var space, out var reason) ? space : throw new IOException(reason);

    /// <summary>A new, empty namespace without a name: what holds it open is all that keeps it, so nothing is left to clean up.</summary>
    /// <exception cref="IOException">It takes root or CAP_SYS_ADMIN.</exception>
    public static NetworkNamespace Create() => OnThread(() =>
    {
        if (Libc.Unshare(NetworkKind) != 0) throw Libc.Failure("make a network namespace");
        return Current();
    });

    /// <summary>
    /// Runs the work on a thread that is in this namespace, and waits for it. Sockets that it opens and processes that it
    /// starts stay in the namespace. The thread ends with the work: it never goes back, so it cannot come back wrongly.
    /// </summary>
    /// <exception cref="IOException">The namespace cannot be entered.</exception>
    public T Run<T>(Func<T> work) => OnThread(() =>
    {
        if (Libc.SetNamespace(_descriptor, NetworkKind) != 0) throw Libc.Failure($"enter the network namespace {Name}");
        return work();
    });

    public void Run(Action work) => Run(() =>
    {
        work();
        return true;
    });

    /// <summary>
    /// Runs the work on the calling thread, which goes there and comes back: for threads of our own that do this again and
    /// again (docs/decisions/0050-what-a-pod-costs.md), never for one of the runtime's. A thread that cannot come back would do all
    /// that follows in the wrong place, so the process ends; an agent that is killed leaves nothing that its next start does not mend.
    /// </summary>
    /// <param name="home">Where the calling thread is.</param>
    /// <exception cref="IOException">The namespace cannot be entered.</exception>
    public T Visit<T>(NetworkNamespace home, Func<T> work)
    {
        if (Libc.SetNamespace(_descriptor, NetworkKind) != 0) throw Libc.Failure($"enter the network namespace {Name}");
        try
        {
            return work();
        }
        finally
        {
            if (Libc.SetNamespace(home._descriptor, NetworkKind) != 0)
                Environment.FailFast(Libc.Failure($"leave the network namespace {Name} for {home.Name}").Message);
        }
    }

    /// <summary>Another descriptor of the same namespace.</summary>
    public NetworkNamespace Duplicate() =>
        TryOpen(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Handle.Handle}"), out var space, out var reason) ? space : throw new IOException(reason);

    /// <summary>The same namespace, by whatever path.</summary>
    public bool IsSameAs(NetworkNamespace other) => Identity() == other.Identity();

    public void Dispose() => _descriptor.Dispose();

    public override string ToString() => Name;

    private (uint, uint, ulong) Identity()
    {
        if (Libc.Status(_descriptor, "", Libc.EmptyPath, Libc.InodeField, out var status) != 0) throw Libc.Failure($"look at the network namespace {Name}");
        return (status.Major, status.Minor, status.Inode);
    }

    private static string PathOfThread() =>
        string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{Libc.ThreadId()}/ns/net");

    private static T OnThread<T>(Func<T> work)
    {
        T result = default!;
        ExceptionDispatchInfo? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            catch (Exception exception)
            {
                fault = ExceptionDispatchInfo.Capture(exception);
            }
        })
        {
            IsBackground = true,
            Name = "network namespace",
        };
        thread.Start();
        thread.Join();
        fault?.Throw();
        return result;
    }
}
