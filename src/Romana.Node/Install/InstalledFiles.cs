using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Romana.Node.Install;

/// <summary>
/// Files of ours on this machine. Each is whole or not there; what was there before us, or was changed since, is never
/// touched. The record is written first, so that a process that is killed anywhere leaves nothing that nobody knows of.
/// </summary>
/// <param name="root">"/", or another place for a test.</param>
internal sealed class InstalledFiles(string root)
{
    public const string RecordPath = "/var/lib/romana/installed.json";

    /// <summary>Puts the files there that are missing or of an earlier release.</summary>
    /// <returns>The paths that were written.</returns>
    /// <exception cref="InstallRefusedException">Something of somebody else's is in the way; nothing was written.</exception>
    public ImmutableArray<string> Put(IReadOnlyCollection<NodeFile> files)
    {
        var record = InstallRecord.Read(Real(RecordPath));
        List<string> refused = [.. files.Where(file => IsInTheWay(file, record)).Select(file =>
            $"{file.Path} is there and romana-node did not write it, or it was changed since: move it away, then install again")];
        if (refused.Count > 0) throw new InstallRefusedException(refused);
        var missing = files.Where(file => Digest(file.Path) != Of(file.Content.Span)).ToList();
        var narrowed = Narrowed(record, files);
        if (missing.Count == 0 && !narrowed) return [];
        foreach (var file in missing)
        {
            record.Files[file.Path] = [.. new[] { Digest(file.Path), Of(file.Content.Span) }.OfType<string>().Distinct()];
            record.Folders.UnionWith(Absent(file.Path));
        }

        record.Folders.UnionWith(Absent(RecordPath));
        Write(NodeFile.Text(RecordPath, "") with { Content = record.Bytes() });
        foreach (var file in missing) Write(file);
        if (Narrowed(record, files)) Write(NodeFile.Text(RecordPath, "") with { Content = record.Bytes() });
        return [.. missing.Select(file => file.Path)];
    }

    /// <summary>Takes one file of ours away; nothing if it is not there.</summary>
    /// <returns>False: it was changed since, and stays.</returns>
    public bool Remove(string path)
    {
        var record = InstallRecord.Read(Real(RecordPath));
        if (!record.Files.TryGetValue(path, out var digests)) return true;
        if (!Delete(path, digests)) return false;
        record.Files.Remove(path);
        Write(NodeFile.Text(RecordPath, "") with { Content = record.Bytes() });
        return true;
    }

    /// <summary>Takes away all that was put here, and then the record. May be asked again after it was killed.</summary>
    /// <returns>Files that were changed since: they stay, and are nobody's concern from now on.</returns>
    public ImmutableArray<string> RemoveAll()
    {
        var record = InstallRecord.Read(Real(RecordPath));
        var changed = record.Files.Where(file => !Delete(file.Key, file.Value)).Select(file => file.Key).ToImmutableArray();
        foreach (var half in record.Files.Keys.Append(RecordPath).Select(path => Beside(Real(path))).Where(File.Exists)) File.Delete(half);
        RemoveEmpty(record.Folders);
        if (File.Exists(Real(RecordPath))) File.Delete(Real(RecordPath));
        RemoveEmpty(record.Folders);
        return changed;
    }

    private void RemoveEmpty(SortedSet<string> folders)
    {
        foreach (var folder in folders.Reverse().Select(Real).Where(folder => Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any()))
            Directory.Delete(folder);
    }

    /// <summary>A file that stands as it shall has that one digest alone.</summary>
    private static bool Narrowed(InstallRecord record, IEnumerable<NodeFile> files)
    {
        var narrowed = false;
        foreach (var file in files)
        {
            if (!record.Files.TryGetValue(file.Path, out var digests) || digests.Length < 2) continue;
            record.Files[file.Path] = [Of(file.Content.Span)];
            narrowed = true;
        }

        return narrowed;
    }

    private bool IsInTheWay(NodeFile file, InstallRecord record) => Path.Exists(Real(file.Path))
        && Digest(file.Path) is var there && there != Of(file.Content.Span)
        && !(there is not null && record.Files.TryGetValue(file.Path, out var ours) && ours.Contains(there));

    private bool Delete(string path, string[] digests)
    {
        if (!Path.Exists(Real(path))) return true;
        if (Digest(path) is not { } there || !digests.Contains(there)) return false;
        File.Delete(Real(path));
        return true;
    }

    /// <summary>Folders above it that are not there, the uppermost included.</summary>
    private IEnumerable<string> Absent(string path)
    {
        for (var folder = Path.GetDirectoryName(path)!; folder != "/" && !Directory.Exists(Real(folder)); folder = Path.GetDirectoryName(folder)!) yield return folder;
    }

    private void Write(NodeFile file)
    {
        var path = Real(file.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var beside = Beside(path);
        using (var stream = new FileStream(beside, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = file.Mode }))
        {
            File.SetUnixFileMode(stream.SafeFileHandle, file.Mode);
            stream.Write(file.Content.Span);
            stream.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }

    /// <summary>No runtime and no daemon takes a name that begins with a dot for its own.</summary>
    private static string Beside(string path) => Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.new");

    /// <summary>Null: it is not there, or is no file.</summary>
    private string? Digest(string path) => new FileInfo(Real(path)) is { Exists: true, LinkTarget: null } ? Of(File.ReadAllBytes(Real(path))) : null;

    private static string Of(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private string Real(string path) => Path.Combine(root, path.TrimStart('/'));
}
