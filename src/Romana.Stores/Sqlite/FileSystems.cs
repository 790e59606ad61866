namespace Romana.Stores.Sqlite;

/// <summary>Which file system holds a path (proc_pid_mountinfo(5)).</summary>
public static class FileSystems
{
    private static readonly HashSet<string> Shared = new(StringComparer.Ordinal)
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "gfs2", "ocfs2", "beegfs",
        "gpfs", "vboxsf", "prl_fs", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.juicefs",
        "fuse.cephfs", "fuse.ceph-fuse", "fuse.moosefs", "fuse.gcsfuse", "fuse.mount-s3", "fuse.vmhgfs-fuse",
    };

    /// <summary>The type if other machines may write there, or if its locks and shared memory cannot be relied on; else null.</summary>
    internal static string? IsShared(string? type) => type is not null && Shared.Contains(type) ? type : null;

    /// <summary>Type of the file system that holds the path, such as "ext4"; null when it cannot be told.</summary>
    public static string? TypeOf(string path)
    {
        try
        {
            return TypeOf(Resolved(path), File.ReadAllLines("/proc/self/mountinfo"));
        }
        catch (IOException)
        {
            // No /proc: better to go on than to refuse every disk.
            return null;
        }
    }

    internal static string? TypeOf(string path, IEnumerable<string> mountInfo)
    {
        var (type, longest) = ((string?)null, -1);
        foreach (var line in mountInfo)
        {
            var fields = line.Split(' ');
            var dash = Array.IndexOf(fields, "-");
            if (dash < 5 || dash + 1 >= fields.Length) continue;
            var point = Unescaped(fields[4]);
            // A later mount on the same point hides the earlier one.
            if (point.Length >= longest && IsUnder(path, point)) (type, longest) = (fields[dash + 1], point.Length);
        }

        return type;
    }

    private static bool IsUnder(string path, string point) =>
        point == "/" || path == point || path.StartsWith(point + "/", StringComparison.Ordinal);

    /// <summary>mountinfo writes space, tab, newline and backslash as octal.</summary>
    private static string Unescaped(string text) => text
        .Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
        .Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);

    /// <summary>The path with every symbolic link on the way followed.</summary>
    private static string Resolved(string path)
    {
        var at = "/";
        var left = new Stack<string>(Parts(path));
        for (var steps = 0; left.TryPop(out var part) && steps < 256; steps++)
        {
            at = Path.Combine(at, part);
            if (new FileInfo(at).LinkTarget is not { } target) continue;
            var full = Path.GetFullPath(target, Path.GetDirectoryName(at)!);
            foreach (var piece in Parts(full)) left.Push(piece);
            at = "/";
        }

        return at;
    }

    private static IEnumerable<string> Parts(string path) =>
        Path.GetFullPath(path).Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse();
}
