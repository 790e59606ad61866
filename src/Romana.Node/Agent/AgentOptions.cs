using System.Net;

namespace Romana.Node.Agent;

/// <summary>What the agent is started with.</summary>
public sealed record AgentOptions
{
    /// <summary>The state that controller and agents share: an SQLite file on a local disk.</summary>
    public required string Store { get; init; }

    /// <summary>This host's own journal of addresses.</summary>
    public required string Journal { get; init; }

    /// <summary>Where the CNI plugin asks.</summary>
    public required string Socket { get; init; }

    /// <summary>The host's name as discovery knows it.</summary>
    public required string Name { get; init; }

    /// <summary>EC2 instance id; null off AWS.</summary>
    public string? InstanceId { get; init; }

    /// <summary>/etc/machine-id; null where there is none.</summary>
    public string? MachineId { get; init; }

    /// <summary>Folder of the runtime's network configurations; null: none is written there. It appears once pods can be served.</summary>
    public string? Configurations { get; init; }

    /// <summary>Folder of CNI plugins.</summary>
    public string Plugins { get; init; } = "/opt/cni/bin";

    /// <summary>Where /healthz, /readyz and /metrics are served; null: nowhere.</summary>
    public IPEndPoint? Listen { get; init; }

    /// <summary>Where "/" is for files that are installed.</summary>
    public string Root { get; init; } = "/";
}
