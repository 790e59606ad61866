using System.Collections.Frozen;
using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>A pod that was told its addresses: the kernel shows them.</summary>
internal sealed record Pod(AddressRequest Request, ImmutableArray<JournalAttachment> Rows);

/// <summary>A host with its journal and pods; the other half is its agent.</summary>
internal sealed partial class SimulatedHost : IDisposable
{
    private readonly Cluster _cluster;
    private readonly InMemoryJournal _disk = new();
    private readonly FaultInjectingJournal _journal;
    private readonly Dictionary<AttachmentKey, Pod> _pods = [];
    private readonly List<AddressRequest> _unanswered = [], _leaving = [];
    private JournalState? _copy;
    private bool _wasRestored;
    private int _boots, _repeats;

    public SimulatedHost(Cluster cluster, int number)
    {
        (_cluster, Uid, Rack) = (cluster, new HostUid($"h-{number}"), number % 2 == 0 ? "x" : "y");
        Sighting = new HostSighting
        {
            // Names are used again.
            Name = $"node-{number % 3}",
            Evidence = new HostEvidence { InstanceId = $"i-{number}" },
            Addresses = [IpAddress.Parse("192.168.0.0").Plus((UInt128)number)],
            Labels = ImmutableSortedDictionary<string, string>.Empty.Add("rack", Rack),
        };
        IJournal disk = cluster.Breach == Breach.I10AcceptanceNotDurable ? new CarelessJournal(_disk) : _disk;
        JournalFaults = new FaultPlan(cluster.Seed + number, new Dictionary<StoreFault, double>
        {
            [StoreFault.Unavailable] = 0.004,
            [StoreFault.CrashBefore] = 0.002,
            [StoreFault.CrashAfter] = 0.004,
        });
        _journal = new FaultInjectingJournal(disk, JournalFaults);
        Agent = new Stepped(SyncAsync);
        Open(new BookOpening { Now = cluster.Now, BootId = "boot-0" });
    }

    public HostUid Uid { get; }

    public string Rack { get; }

    public HostSighting Sighting { get; }

    public FaultPlan JournalFaults { get; }

    public Stepped Agent { get; }

    public AddressBook Book { get; private set; } = null!;

    public IReadOnlyDictionary<AttachmentKey, Pod> Pods => _pods;

    /// <summary>Asked for addresses, and the answer got lost in a crash: they may be in the journal or not.</summary>
    public IReadOnlyList<AddressRequest> Unanswered => _unanswered;

    /// <summary>Gone, and the agent died over it: they may still be in the journal.</summary>
    public IReadOnlyList<AddressRequest> Leaving => _leaving;

    /// <summary>Blocks of a restored journal that the store has not confirmed: they serve nothing new.</summary>
    public IReadOnlySet<Cidr> InDoubt => _wasRestored ? _disk.Load().Blocks.Where(block => block.Doubted).Select(block => block.Cidr).ToHashSet()
        : FrozenSet<Cidr>.Empty;

    public void Dispose()
    {
        _journal.Dispose();
        _disk.Dispose();
    }

    /// <summary>Null: the agent died over it, or does not serve yet.</summary>
    public AddressOutcome? Attach(AddressRequest request)
    {
        if (!_mayServe) return null;
        try
        {
            var outcome = Answer(request);
            if (outcome is AddressOutcome.Attached attached) _pods[request.Key] = new Pod(request, attached.Rows);
            _unanswered.Remove(request);
            return outcome;
        }
        catch (SimulatedCrashException)
        {
            if (!_pods.ContainsKey(request.Key) && !_unanswered.Contains(request)) _unanswered.Add(request);
            throw;
        }
    }

    /// <summary>The pod is gone when its kernel side is, whatever becomes of the agent then; not so if the journal refuses.</summary>
    public void Detach(AddressRequest request)
    {
        try
        {
            Book.Detach(request.Key, _cluster.Now);
            Book.Detach(request.Key, _cluster.Now);
            _leaving.Remove(request);
        }
        catch (SimulatedCrashException)
        {
            if (!_leaving.Contains(request)) _leaving.Add(request);
            Forget(request);
            throw;
        }

        Forget(request);
    }

    private void Forget(AddressRequest request)
    {
        _pods.Remove(request.Key);
        _unanswered.Remove(request);
    }

    /// <summary>kill -9: the kernel's pods stay.</summary>
    public Task KillAsync(Random random) => RestartAsync(random, restored: false);

    public Task RebootAsync(Random random, bool powerLoss)
    {
        if (powerLoss) _disk.LosePower();
        EndPods();
        return RestartAsync(random, restored: false);
    }

    public void CopyJournal() => _copy = _disk.State;

    /// <summary>After that nobody could tell a restored journal: store and journal from before are two faults at once.</summary>
    public void ForgetCopy() => _copy = null;

    /// <summary>
    /// Null: there is no copy. A machine's image brings another boot; a file alone is told by the counter that the host's
    /// record shows, which the agent compares before it serves. False: the record does not show it.
    /// </summary>
    public async Task<bool?> RestoreJournalAsync(Random random, bool image)
    {
        if (_copy is not { } copy) return null;
        var known = await _cluster.OwnStatusAsync(Uid);
        if (!image && !(known?.JournalCounter > copy.Head.Counter)) return false;
        (_disk.State, _copy) = (copy, null);
        if (image) EndPods();
        await RestartAsync(random, restored: true);
        (_mayServe, _wasRestored) = (false, true);
        _cluster.ForgetCopy();
        return true;
    }

    private AddressOutcome Answer(AddressRequest request)
    {
        var key = _cluster.Breach == Breach.I8RepeatIsNew && _pods.ContainsKey(request.Key)
            ? request.Key with { Interface = $"again-{_repeats++}" } : request.Key;
        var outcome = Book.Attach(request with { Key = key }, _cluster.Now);
        return _cluster.Breach == Breach.I9HalfIsEnough && outcome is AddressOutcome.Refused && request.Families.Length > 1
            ? Book.Attach(request with { Families = [IpFamily.IPv4] }, _cluster.Now) : outcome;
    }

    private void EndPods()
    {
        _boots++;
        _pods.Clear();
        _unanswered.Clear();
        _leaving.Clear();
    }

    private async Task RestartAsync(Random random, bool restored)
    {
        await Agent.StopAsync();
        Open(Opening(random, restored));
        Book.Learn(_terms);
    }

    private BookOpening Opening(Random random, bool restored) => new()
    {
        Now = _cluster.Now,
        BootId = $"boot-{_boots}",
        JournalRestored = restored,

        // A runtime that cannot be asked ends no pod.
        Running = random.Next(4) == 0 ? null : _pods.Keys.ToHashSet(),
        InUse = [.. _pods.Values.SelectMany(pod => pod.Rows).Select(row => new SeenAttachment(row.Key, row.Address, random.Next(2) == 0 ? row.Owner : null))],
    };

    /// <summary>A book that cannot be opened is tried again until it can: no host without one.</summary>
    private void Open(BookOpening opening)
    {
        JournalFaults.Enabled = false;
        Book = AddressBook.Open(_journal, opening);
        JournalFaults.Enabled = !_cluster.IsQuiet;
    }
}
