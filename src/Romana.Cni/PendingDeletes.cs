namespace Romana.Cni;

/// <summary>
/// DELs that came while the agent was away, one file each in `pending` beside its socket. On a tmpfs: a reboot ends all
/// attachments, and these with them.
/// </summary>
internal sealed class PendingDeletes(string folder)
{
    public static PendingDeletes Beside(string socket) => new(Path.Combine(Path.GetDirectoryName(socket) ?? "/", "pending"));

    /// <summary>The file's path. Asked again for one attachment it is the same file.</summary>
    /// <exception cref="IOException"/>
    /// <exception cref="UnauthorizedAccessException"/>
    public string Add(CniCall call, AgentRequest request)
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);

        // Neither name has a '/'. Whole or not at all.
        var file = Path.Combine(folder, $"{call.ContainerId}@{call.Interface}.json");
        var beside = $"{file}.{Environment.ProcessId}";
        using (var stream = new FileStream(beside, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly }))
        {
            stream.Write(request.Body.Span);
            stream.Flush(flushToDisk: true);
        }

        File.Move(beside, file, overwrite: true);
        return file;
    }
}
