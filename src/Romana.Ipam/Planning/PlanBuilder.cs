using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Planning;

/// <summary>Collects what the planners of one pass decide; at most one change per record.</summary>
internal sealed class PlanBuilder(ControllerView view)
{
    private readonly List<Change> _changes = [];
    private readonly List<LifecycleEvent> _events = [];
    private readonly SortedDictionary<string, List<string>> _conditions = new(StringComparer.Ordinal);
    private readonly HashSet<RecordKey> _touched = [];

    public GrantsHeld GrantsHeld { get; set; }

    public bool VouchForStore { get; set; }

    /// <summary>A slot that nobody holds is routed where a cover stands: then the grant itself can say so, in one write.</summary>
    public bool IsRouted(Cidr cidr, HostUid host) => view.IsRouted(cidr, host);

    public bool Touches(RecordKey key) => _touched.Contains(key);

    public void Add(Change change)
    {
        if (!_touched.Add(change.Key)) throw new InvalidOperationException($"two changes of {change.Key} in one pass");
        _changes.Add(change);
    }

    public void Event(string reason, string about, string message) => _events.Add(new(reason, about, message));

    public void Condition(string type, string message)
    {
        if (!_conditions.TryGetValue(type, out var messages)) _conditions[type] = messages = [];
        messages.Add(message);
    }

    public LifecyclePlan Build(ImmutableArray<BlockSpec> routable, ImmutableArray<Cidr> leaveAlone) => new()
    {
        Changes = [.. _changes],
        Events = [.. _events],
        Conditions = [.. _conditions.Select(Stand)],
        Routable = routable,
        LeaveAlone = leaveAlone,
        GrantsHeld = GrantsHeld,
        VouchForStore = VouchForStore,
        Stamp = view.Stamp,
    };

    private Condition Stand(KeyValuePair<string, List<string>> condition)
    {
        var before = view.Topology?.Spec.Conditions.FirstOrDefault(known => known.Type == condition.Key && known.IsTrue);
        return new Condition(condition.Key, true, string.Join("; ", condition.Value), before?.Since ?? view.Now);
    }
}
