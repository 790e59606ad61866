namespace Romana.Cni.Tests;

internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("romana-cni-").FullName;

    public string Socket => System.IO.Path.Combine(Path, "cni.sock");

    public IReadOnlyList<string> Pending =>
        Directory.Exists(System.IO.Path.Combine(Path, "pending")) ? [.. Directory.GetFiles(System.IO.Path.Combine(Path, "pending")).Order()] : [];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
