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
    public static HealthSources Open(EngineParts parts, World world)
    {
        var log = parts.Logs.CreateLogger("romana.health");
        ImmutableArray<IHealthSource> others = parts.Options.StatusPoll > TimeSpan.Zero
            ? [new Ec2StatusSource(parts, world), new BeatSource(parts)] : [new BeatSource(parts)];
        return new HealthSources(ProbeSource.Open(parts.Options.Probe, parts.Options.ProbeRules, parts.Clock, log), others);
    }

    public void Dispose() => _probes?.Dispose();
}
