using System.Diagnostics.Metrics;

namespace Romana.Cloud.Health.Probing;

/// <summary>Meter `romana.probe`: how many probes went out, how many came to nothing, how long the others took.</summary>
internal sealed class ProbeMetrics : IDisposable
{
    private static readonly double[] Bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
    private readonly Meter _meter = new("romana.probe");
    private readonly Counter<long> _sent;
    private readonly Counter<long> _lost;
    private readonly Histogram<double> _roundTrip;

    public ProbeMetrics()
    {
        _sent = _meter.CreateCounter<long>("romana.probe.sent", "{probe}", "Probes of hosts sent");
        _lost = _meter.CreateCounter<long>("romana.probe.lost", "{probe}", "Probes without an answer in time, of hosts that answered one before");
        _roundTrip = _meter.CreateHistogram("romana.probe.round_trip", "s", "From a probe to its answer", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Bounds });
    }

    public void Sent() => _sent.Add(1);

    public void Lost() => _lost.Add(1);

    public void Answered(TimeSpan roundTrip) => _roundTrip.Record(roundTrip.TotalSeconds);

    public void Dispose() => _meter.Dispose();
}
