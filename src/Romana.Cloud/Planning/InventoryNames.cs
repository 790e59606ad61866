using Romana.Ipam.Topologies;

namespace Romana.Cloud.Planning;

/// <summary>Names that an inventory defines and uses, in whatever order they come.</summary>
internal sealed class InventoryNames(ProblemList problems)
{
    private readonly Dictionary<(Kind, string), string> _defined = [];
    private readonly List<(Kind Kind, string Name, string Path)> _used = [];

    public enum Kind
    {
        Subnet,
        Table,
        Host,
        Interface,
    }

    public void Define(Kind kind, string name, string path)
    {
        if (_defined.TryAdd((kind, name), path)) return;
        var word = Word(kind);
        problems.Error($"duplicate_{word}", path, name, $"the {word} stands already at {_defined[(kind, name)]}", "Keep one of them, or correct the name");
    }

    /// <summary>Answers the name, for the place where it is stored.</summary>
    public string Use(Kind kind, string name, string path)
    {
        _used.Add((kind, name, path));
        return name;
    }

    /// <summary>Reports names that were used and never defined.</summary>
    public void Check()
    {
        foreach (var (kind, name, path) in _used)
        {
            if (_defined.ContainsKey((kind, name))) continue;
            var word = Word(kind);
            problems.Error($"unknown_{word}", path, name, $"no {word} has this name", $"Add it to `{word}s`, or correct the name");
        }
    }

    private static string Word(Kind kind) => kind switch
    {
        Kind.Subnet => "subnet",
        Kind.Table => "table",
        Kind.Host => "host",
        _ => "interface",
    };
}
