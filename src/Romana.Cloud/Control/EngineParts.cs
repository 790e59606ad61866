using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Discovery;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>What every pass of one term works with.</summary>
internal sealed record EngineParts
{
    public required ControllerOptions Options { get; init; }
    public required TimeProvider Clock { get; init; }
    public required ILoggerFactory Logs { get; init; }
    public required ControllerState State { get; init; }
    public required IStore Store { get; init; }
    public required StoreViews Views { get; init; }
    public required CallGate Gate { get; init; }
    public required Ec2Reader Reader { get; init; }
    public required Ec2StatusReader Statuses { get; init; }
    public required Ec2Writer Writer { get; init; }
    public required VpcReader Vpc { get; init; }
    public required IHostSource Hosts { get; init; }
    public required ConditionBoard Conditions { get; init; }
    public required QuotaBook Quotas { get; init; }
    public required EventBook Events { get; init; }

    /// <summary>Null for commands that only read.</summary>
    public ITerm? Term { get; init; }

    /// <summary>When <see cref="Term"/> was entered.</summary>
    public required DateTimeOffset TermSince { get; init; }

    public LifecycleSettings Lifecycle => new() { Settle = Options.Settle };

    public bool TermIsLost => Term is null || Term.Lost.IsCancellationRequested || Term.Remaining <= TimeSpan.Zero;
}
