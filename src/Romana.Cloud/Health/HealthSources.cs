using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Control;
using Romana.Cloud.Health.Probing;

namespace Romana.Cloud.Health;

/// <summary>The sources that a controller's options ask for.</summary>
internal sealed class HealthSources : IDisposable
{
    private readonly ProbeSource? _probes;

    private HealthSources(ProbeSource? probes, ImmutableArray<IHealthSource> others)
    {
        _probes = probes;
        All = probes is null ? others : [probes, .. others];
    }

    public ImmutableArray<IHealthSource> All { get; }

    /// <exception cref="ControlRefusedException">Probes were asked for that this process may not send.</exception>
    public static HealthSources Open(EngineParts parts)
    {
        var log = parts.Logs.CreateLogger("romana.health");
        return new HealthSources(ProbeSource.Open(parts.Options.Probe, parts.Options.ProbeRules, parts.Clock, log), []);
    }

    public void Dispose() => _probes?.Dispose();
}
