namespace Romana.Node.Linux.Netlink;

/// <summary>Error numbers of asm-generic/errno.h, as far as they mean something to us.</summary>
internal static class Errno
{
    public const int NotPermitted = 1, NoEntry = 2, NoProcess = 3, Interrupted = 4, Again = 11, Denied = 13, Busy = 16, Exists = 17, CrossDevice = 18, NoDevice = 19,
        Invalid = 22, NotTyped = 25, NotSupported = 95, NoFamily = 97, AddressAbsent = 99, NetworkDown = 100, NetworkUnreachable = 101,
        NoBuffers = 105, HostUnreachable = 113;

    public static string Name(int errno) => errno switch
    {
        NotPermitted => "EPERM",
        NoEntry => "ENOENT",
        NoProcess => "ESRCH",
        Interrupted => "EINTR",
        Again => "EAGAIN",
        Denied => "EACCES",
        Busy => "EBUSY",
        Exists => "EEXIST",
        CrossDevice => "EXDEV",
        NoDevice => "ENODEV",
        Invalid => "EINVAL",
        34 => "ERANGE",
        NotSupported => "EOPNOTSUPP",
        NoFamily => "EAFNOSUPPORT",
        AddressAbsent => "EADDRNOTAVAIL",
        NetworkDown => "ENETDOWN",
        NetworkUnreachable => "ENETUNREACH",
        NoBuffers => "ENOBUFS",
        HostUnreachable => "EHOSTUNREACH",
        _ => $"error {errno}",
    };
}
