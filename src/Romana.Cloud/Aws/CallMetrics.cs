using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Text.Json;

namespace Romana.Cloud.Aws;

/// <summary>Counts EC2 requests by action and outcome: meter `romana.ec2`, counter `romana.ec2.calls`.</summary>
public sealed class CallMetrics : IDisposable
{
    public const string MeterName = "romana.ec2";
    private readonly ConcurrentDictionary<string, long> _sent = new();
    private readonly Meter _meter;
    private readonly Counter<long> _calls;
    private long _throttled;
    private long _mutations;

    public CallMetrics(IMeterFactory? meters = null)
    {
        _meter = meters?.Create(MeterName) ?? new Meter(MeterName);
        _calls = _meter.CreateCounter<long>("romana.ec2.calls", "{call}", "EC2 requests sent, by action and outcome");
    }

    /// <summary>Requests by action.</summary>
    public ImmutableSortedDictionary<string, long> Calls => _sent.ToImmutableSortedDictionary();

    public long Throttled => Interlocked.Read(ref _throttled);

    public long Mutations => Interlocked.Read(ref _mutations);

    public void Sent(Ec2Action action, OutcomeKind outcome)
    {
        _sent.AddOrUpdate(action.Name, 1, (_, count) => count + 1);
        if (action.Mutates) Interlocked.Increment(ref _mutations);
        if (outcome == OutcomeKind.Throttled) Interlocked.Increment(ref _throttled);
        _calls.Add(1, new("action", action.Name), new KeyValuePair<string, object?>("outcome", Word(outcome)));
    }

    /// <summary>"ok", "throttled", "route_exists": the outcome in the manner of a label.</summary>
    public static string Word(OutcomeKind outcome) => outcome == OutcomeKind.Done ? "ok" : JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString());

    public void Dispose() => _meter.Dispose();
}
