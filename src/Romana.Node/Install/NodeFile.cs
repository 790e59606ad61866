namespace Romana.Node.Install;

/// <summary>One file that a host is to have.</summary>
/// <param name="Path">Absolute, below the root that it is installed to.</param>
internal sealed record NodeFile(string Path, ReadOnlyMemory<byte> Content, UnixFileMode Mode)
{
    public const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public const UnixFileMode Runnable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static NodeFile Text(string path, string content) => new(path, System.Text.Encoding.UTF8.GetBytes(content), Readable);
}
