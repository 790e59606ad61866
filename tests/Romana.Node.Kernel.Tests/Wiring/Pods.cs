using Romana.Node.Linux.Namespaces;

namespace Romana.Node.Kernel.Tests.Wiring;

/// <summary>
/// Pods' namespaces without names: a symbolic link leads to each descriptor while it is held open, for every process of
/// root's. Not the descriptor's own path: its number is taken again at once, by a namespace of a test beside.
/// </summary>
internal sealed class Pods : IDisposable
{
    private readonly Dictionary<string, Sandbox> _pods = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("romana-pods-").FullName;
    private int _count;

    public Sandbox this[string path]
    {
        get { lock (_pods) return _pods[path]; }
    }

    public string New()
    {
        var pod = Sandbox.Create();
        lock (_pods)
        {
            var path = Path.Combine(_folder, $"pod-{++_count}");
            File.CreateSymbolicLink(path, $"/proc/{Environment.ProcessId}/fd/{pod.Space.Handle.Handle}");
            _pods.Add(path, pod);
            return path;
        }
    }

    public void Drop(string path)
    {
        File.Delete(path);
        lock (_pods)
        {
            _pods[path].Dispose();
            _pods.Remove(path);
        }
    }

    public void Dispose()
    {
        foreach (var pod in _pods.Values) pod.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
