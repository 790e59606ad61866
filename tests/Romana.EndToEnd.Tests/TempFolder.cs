namespace Romana.EndToEnd.Tests;

/// <summary>A fresh folder that goes with the test.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("romana-e2e-").FullName;

    public string Store => System.IO.Path.Combine(Path, "romana.db");

    public string File(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
