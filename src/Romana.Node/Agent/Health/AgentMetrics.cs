using System.Diagnostics.Metrics;
using System.Globalization;
using Romana.Node.Cni;

namespace Romana.Node.Agent.Health;

/// <summary>
/// The agent's instruments; what they are called for Prometheus and what each says is in docs/node.md, and a test holds the two
/// together.
/// </summary>
internal sealed class AgentMetrics : IDisposable
{
    public const string Name = "romana.node";

    private readonly Meter _meter = new(Name);
    private readonly Histogram<double> _requests;
    private readonly Counter<long> _refusals, _mended, _passes;
    private readonly TimeProvider _clock;
    private DateTimeOffset? _read;

    public AgentMetrics(TimeProvider clock)
    {
        _clock = clock;
        _requests = _meter.CreateHistogram<double>("romana.node.request.duration", "s", "Time from a request of the CNI plugin to its answer");
        _refusals = _meter.CreateCounter<long>("romana.node.refusals", null, "Answers that refuse, by the specification's code");
        _mended = _meter.CreateCounter<long>("romana.node.links.mended", null, "Those of them that put back what of pods' links was taken away");
        _passes = _meter.CreateCounter<long>("romana.node.store.passes", null, "Looks at the store by their outcome");
        _meter.CreateObservableGauge("romana.node.store.age", Age, "s", "Since the store was last read whole; missing before the first time");
    }

    public Meter Meter => _meter;

    /// <summary>What is asked at each look, of parts that count by themselves.</summary>
    public void Watch(PodAddresses addresses, KernelLoop kernel, Func<bool> isReady)
    {
        _meter.CreateObservableGauge("romana.node.ready", () => isReady() ? 1 : 0, null, "1 while pods can be served");
        _meter.CreateObservableGauge("romana.node.attachments", () => addresses.IsOpen ? addresses.Turn(book => book.Attachments.Count) : 0, null, "Pods' interfaces that have addresses");
        _meter.CreateObservableGauge("romana.node.addresses", () => addresses.IsOpen ? addresses.Turn(Usage) : [], null, "Addresses of the host's blocks that pods have");
        _meter.CreateObservableCounter("romana.node.kernel.writes", () => kernel.Writes, null, "Requests for a change to the kernel; it stands still while nothing changes");
        _meter.CreateObservableGauge("romana.node.kernel.troubles", () => kernel.Last is { } word ? word.Troubles.Length : 0, null, "What the newest look at the kernel could not plan or make");
    }

    /// <summary>For <see cref="Attachments.Begun"/>.</summary>
    public Action<int> Begun(CniCommand command)
    {
        var begun = _clock.GetTimestamp();
        return code =>
        {
            var word = new KeyValuePair<string, object?>("command", command.ToString().ToUpperInvariant());
            _requests.Record(_clock.GetElapsedTime(begun).TotalSeconds, word);
            if (code != 0) _refusals.Add(1, word, new("code", code.ToString(CultureInfo.InvariantCulture)));
        };
    }

    public int Mended(int writes)
    {
        if (writes > 0) _mended.Add(writes);
        return writes;
    }

    /// <summary>One look at the store, whose fault is the caller's.</summary>
    public async Task LookAsync(Func<Task> look)
    {
        var outcome = "away";
        try
        {
            await look().ConfigureAwait(false);
            (outcome, _read) = ("done", _clock.GetUtcNow());
        }
        finally
        {
            _passes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<double>> Age() => _read is { } at ? [new Measurement<double>((_clock.GetUtcNow() - at).TotalSeconds)] : [];

    private static List<Measurement<long>> Usage(Ipam.Attachments.AddressBook book) =>
        [.. book.Usage.Select(block => new Measurement<long>(block.InUse, new("block", block.Row.Cidr.ToString()), new("network", block.Row.Network)))];
}
