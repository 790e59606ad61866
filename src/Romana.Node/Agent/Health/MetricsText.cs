using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Romana.Node.Agent.Health;

/// <summary>
/// One meter's instruments as Prometheus text (exposition format 0.0.4). Written here, since an exporter would cost a node more
/// memory than a hundred pods do (decision 0047).
/// </summary>
internal sealed class MetricsText : IDisposable
{
    private static readonly double[] Bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Instrument> _instruments = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Name, string Labels), Series> _series = [];
    private readonly Lock _reading = new();

    public MetricsText(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, meter)) return;
            _instruments[NameOf(instrument)] = instrument;
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    public string Read()
    {
        lock (_reading)
        {
            // What a gauge does not say any more is gone: a block that was given back.
            foreach (var key in _series.Keys.Where(key => IsAsked(_instruments[key.Name])).ToList()) _series.TryRemove(key, out _);
            _listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (var (name, instrument) in _instruments.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                text.Append($"# HELP {name} {instrument.Description}\n# TYPE {name} {TypeOf(instrument)}\n");
                foreach (var (key, series) in _series.Where(pair => pair.Key.Name == name).OrderBy(pair => pair.Key.Labels, StringComparer.Ordinal)) series.Write(text, name, key.Labels);
            }

            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = _series.GetOrAdd((NameOf(instrument), Labels(tags)), _ => new Series(TypeOf(instrument) == "histogram" ? new long[Bounds.Length + 1] : null));
        series.Take(value, instrument.IsObservable);
    }

    private static bool IsAsked(Instrument instrument) => instrument.IsObservable;

    private static string TypeOf(Instrument instrument)
    {
        var kind = instrument.GetType().Name;
        return kind.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram" : kind.Contains("Counter", StringComparison.Ordinal) ? "counter" : "gauge";
    }

    private static string NameOf(Instrument instrument) =>
        instrument.Name.Replace('.', '_') + (instrument.Unit == "s" ? "_seconds" : "") + (TypeOf(instrument) == "counter" ? "_total" : "");

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var parts = new List<string>(tags.Length);
        foreach (var (name, value) in tags)
            parts.Add($"{name}=\"{value?.ToString()?.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"");
        return string.Join(',', parts);
    }

    /// <param name="buckets">Of a histogram.</param>
    private sealed class Series(long[]? buckets)
    {
        private readonly Lock _turn = new();
        private double _sum;
        private long _count;

        /// <param name="isWhole">The value is all of it, and not one more.</param>
        public void Take(double value, bool isWhole)
        {
            lock (_turn)
            {
                _sum = isWhole ? value : _sum + value;
                _count++;
                if (buckets is null) return;
                var at = Array.FindIndex(Bounds, bound => value <= bound);
                buckets[at < 0 ? Bounds.Length : at]++;
            }
        }

        public void Write(StringBuilder text, string name, string labels)
        {
            lock (_turn)
            {
                if (buckets is null)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}{(labels.Length == 0 ? "" : $"{{{labels}}}")} {_sum}\n");
                    return;
                }

                var (upTo, before) = (0L, labels.Length == 0 ? "" : labels + ",");
                for (var i = 0; i <= Bounds.Length; i++)
                {
                    upTo += buckets[i];
                    var bound = i == Bounds.Length ? "+Inf" : Bounds[i].ToString(CultureInfo.InvariantCulture);
                    text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{before}le=\"{bound}\"}} {upTo}\n");
                }

                var around = labels.Length == 0 ? "" : $"{{{labels}}}";
                text.Append(CultureInfo.InvariantCulture, $"{name}_sum{around} {_sum}\n{name}_count{around} {_count}\n");
            }
        }
    }
}
