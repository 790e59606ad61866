using Romana.Node.Linux.Namespaces;

namespace Romana.Node.Kernel.Tests.Wiring;

/// <summary>Pods' namespaces without names: a path leads to each while it is held open, for every process of root's.</summary>
internal sealed class Pods : IDisposable
{
    private readonly Dictionary<string, Sandbox> _pods = [];

    public Sandbox this[string path] => _pods[path];

    public string New()
    {
        var pod = Sandbox.Create();
        var path = $"/proc/{Environment.ProcessId}/fd/{pod.Space.Handle.Handle}";
        lock (_pods) _pods.Add(path, pod);
        return path;
    }

    public void Drop(string path)
    {
        lock (_pods)
        {
            _pods[path].Dispose();
            _pods.Remove(path);
        }
    }

    public void Dispose()
    {
        foreach (var pod in _pods.Values) pod.Dispose();
    }
}
