using System.Runtime.CompilerServices;

namespace Romana.House.Tests;

/// <summary>The repository as files.</summary>
internal static class Tree
{
    public static readonly string Root = FindRoot();

    public static IReadOnlyList<string> Files(string extension, params string[] folders) =>
        [.. folders.Select(folder => Path.Combine(Root, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*" + extension, SearchOption.AllDirectories))
            .Where(file => !IsBuilt(file))
            .Select(file => Path.GetRelativePath(Root, file))
            .Order(StringComparer.Ordinal)];

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    public static string Text(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static bool IsBuilt(string file) =>
        file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules" or "artifacts");

    private static string FindRoot([CallerFilePath] string here = "")
    {
        foreach (var start in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(here)! })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Romana.sln"))) return folder.FullName;
            }
        }

        throw new InvalidOperationException("Romana.sln was not found above the test");
    }
}
