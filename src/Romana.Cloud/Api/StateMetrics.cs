using System.Diagnostics.Metrics;
using Romana.Cloud.Planning;

namespace Romana.Cloud.Api;

/// <summary>Gauges over the controller's newest picture; meter `romana`. Counters are kept where the counted happens.</summary>
internal sealed class StateMetrics : IDisposable
{
    private readonly Meter _meter = new("romana");

    public StateMetrics(ApiSources sources)
    {
        var state = sources.State;
        _meter.CreateObservableGauge("romana.leading", () => state.Current.Leading ? 1 : 0, null, "1 while this process holds the term");
        _meter.CreateObservableGauge("romana.term", () => state.Current.Term, null, "Number of the term");
        _meter.CreateObservableGauge("romana.ready", () => state.Current.Ready ? 1 : 0, null, "1 once every loop made a whole pass");
        Passes("romana.pass.age", "Since the newest pass of a loop ended", pass => (sources.Clock.GetUtcNow() - pass.At).TotalSeconds);
        Passes("romana.pass.duration", "Length of the newest pass of a loop", pass => pass.Took.TotalSeconds);
        Tables("romana.routes.wanted", "Routes of ours in the plan", table => table.Routes.Length);
        Tables("romana.routes.used", "Routes of ours and of others in the plan", table => table.Used);
        Tables("romana.routes.foreign", "Routes of others that count against the quota", table => table.Foreign);
        Tables("romana.routes.quota", "Quota of the table", table => table.Quota);
        Tables("romana.routes.missing", "Routes that do not fit", table => table.Missing);
        _meter.CreateObservableGauge("romana.host.health", () => Enum.GetValues<HostHealth>()
            .Select(health => new Measurement<int>(state.Current.Health.Hosts.Values.Count(host => host.Health == health),
                new KeyValuePair<string, object?>("health", health.ToString().ToLowerInvariant()))), "{host}", "Hosts by what the sources of health take them for; those that none knows of are left out");
        _meter.CreateObservableGauge("romana.health.blind", () => state.Current.Health.Blind is null ? 0 : 1, null, "1 while the controller does not trust its own eyes");
        _meter.CreateObservableGauge("romana.changes.pending", () => state.Current.Plan?.Changes.Length ?? 0, "{call}", "EC2 calls that the newest plan asks for");
        _meter.CreateObservableGauge("romana.conflicts", () => state.Current.Plan?.Conflicts.Length ?? 0, "{route}", "Routes of others that stand where ours should");
        _meter.CreateObservableGauge("romana.conditions", () => state.Current.Conditions
            .GroupBy(standing => standing.Condition.Type)
            .Select(type => new Measurement<int>(type.Count(), new KeyValuePair<string, object?>("type", type.Key))),
            "{condition}", "Standing conditions by type");

        void Passes(string name, string description, Func<Control.PassReport, double> value) =>
            _meter.CreateObservableGauge(name, () => state.Current.Passes.Values
                .Select(pass => new Measurement<double>(value(pass), new KeyValuePair<string, object?>("loop", pass.Loop))), "s", description);

        void Tables(string name, string description, Func<TablePlan, int> value) =>
            _meter.CreateObservableGauge(name, () => (state.Current.Plan?.Tables ?? [])
                .Select(table => new Measurement<int>(value(table), new("table", table.Id),
                    new KeyValuePair<string, object?>("family", table.Family.ToString().ToLowerInvariant()))), "{route}", description);
    }

    public void Dispose() => _meter.Dispose();
}
