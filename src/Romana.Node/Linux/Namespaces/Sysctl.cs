using Romana.Node.Linux.Netlink;

namespace Romana.Node.Linux.Namespaces;

/// <summary>
/// Network settings of a namespace. /proc/sys/net shows those of the reading thread's namespace, so both run inside it.
/// </summary>
internal static class Sysctl
{
    /// <summary>
    /// Writes only what differs: <see cref="OutcomeKind.Exists"/> is a setting that stood, <see cref="OutcomeKind.Absent"/>
    /// one that this kernel or interface lacks.
    /// </summary>
    /// <param name="space">Null is the calling thread's.</param>
    /// <param name="name">With slashes, since interface names hold dots: "net/ipv4/conf/eth0.100/rp_filter".</param>
    /// <param name="value">As read back: "1".</param>
    public static OutcomeKind Set(NetworkNamespace? space, string name, string value)
    {
        var path = PathOf(name);
        return space is null ? Set(path, value) : space.Run(() => Set(path, value));
    }

    /// <summary>Null if there is no such setting.</summary>
    public static string? Get(NetworkNamespace? space, string name)
    {
        var path = PathOf(name);
        return space is null ? Read(path) : space.Run(() => Read(path));
    }

    private static OutcomeKind Set(string path, string value)
    {
        if (Read(path) is not { } current) return OutcomeKind.Absent;
        if (current == value) return OutcomeKind.Exists;
        try
        {
            File.WriteAllText(path, value);
            return OutcomeKind.Set;
        }
        catch (IOException) when (!File.Exists(path))
        {
            return OutcomeKind.Absent;
        }
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).TrimEnd('\n');
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static string PathOf(string name) =>
        name.StartsWith("net/", StringComparison.Ordinal) && !name.Split('/').Contains("..")
            ? "/proc/sys/" + name
            : throw new ArgumentException($"'{name}' is no network setting: net/... with slashes is wanted", nameof(name));
}
