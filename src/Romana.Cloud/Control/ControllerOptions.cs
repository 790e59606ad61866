using System.Net;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Health.Probing;

namespace Romana.Cloud.Control;

/// <summary>Which route tables of the VPC are managed.</summary>
public enum TableChoice
{
    /// <summary>Every table that a subnet uses, the main table included.</summary>
    All,

    /// <summary>Tables tagged `romana.io/cluster=NAME`.</summary>
    Tag,

    /// <summary>Tables of the subnets that have hosts.</summary>
    Hosts,
}

/// <summary>What the controller and the commands on live state are told; the same record for all of them.</summary>
public sealed record ControllerOptions
{
    /// <summary>SQLite file.</summary>
    public string Store { get; init; } = "romana.db";

    public string Cluster { get; init; } = "default";

    /// <summary>"vpc-...".</summary>
    public string Vpc { get; init; } = "";

    /// <summary>Null: from the SDK's own chain.</summary>
    public string? Region { get; init; }

    /// <summary>Another EC2 endpoint than AWS's, "http://127.0.0.1:4599".</summary>
    public string? Endpoint { get; init; }

    public TableChoice Tables { get; init; }

    /// <summary>Hosts from this file instead of EC2's tags.</summary>
    public string? Inventory { get; init; }

    /// <summary>Take over routes that stand where ours should.</summary>
    public bool Adopt { get; init; }

    /// <summary>The operator's word that many routes may go at once: the brake stays off while this process runs.</summary>
    public bool AllowMassRemoval { get; init; }

    /// <summary>Wait between a create and the removal that depends on it: EC2 orders calls, not its data plane.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Multiplies EC2's token buckets.</summary>
    public double RateScale { get; init; } = 1;

    /// <summary>Overrides the quota of every table; null: by Service Quotas, else 500, until EC2 says otherwise.</summary>
    public int? Quota { get; init; }

    /// <summary>The store is new on purpose: grant without waiting for hosts that may hold blocks.</summary>
    public bool NewStore { get; init; }

    /// <summary>Topology document applied at start when it differs from the committed one.</summary>
    public string? Topology { get; init; }

    /// <summary>ADDR:PORT of the HTTP API.</summary>
    public string Listen { get; init; } = "127.0.0.1:9604";

    public TimeSpan Resync { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Period of the reads of EC2 at rest.</summary>
    public TimeSpan Audit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest wait for one reply of EC2.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a describe may show an older state than the reply of a mutation did.</summary>
    public TimeSpan VisibilityLag { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How hosts are asked whether they live. None: opening security groups is the operator's deed.</summary>
    public ProbeChoice Probe { get; init; } = ProbeChoice.None;

    public ProbeRules ProbeRules { get; init; } = new();

    /// <summary>Period of the looks at EC2's status of instances, one call each; zero: never.</summary>
    public TimeSpan StatusPoll { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Every error at once, one line each with the remedy; empty when all is well.</summary>
    public IReadOnlyList<string> Errors()
    {
        var errors = new List<string>();
        void Check(bool good, string error)
        {
            if (!good) errors.Add(error);
        }

        Check(Store.Length > 0, "--store is empty: name the SQLite file, such as romana.db");
        Check(IsName(Cluster), $"--cluster '{Cluster}': use 1 to 63 letters, digits, '.', '_' or '-'");
        Check(Vpc.StartsWith("vpc-", StringComparison.Ordinal), Vpc.Length == 0
            ? "--vpc is missing: name the VPC, such as --vpc vpc-0123456789abcdef0"
            : $"--vpc '{Vpc}' is not a VPC id: it starts with vpc-");
        Check(Endpoint is null || IsWebAddress(Endpoint), $"--endpoint '{Endpoint}' is not a URL: write http://HOST:PORT");
        Check(Inventory is null || File.Exists(Inventory), $"--inventory '{Inventory}': there is no such file");
        Check(Topology is null || File.Exists(Topology), $"--topology '{Topology}': there is no such file");
        Check(Settle >= TimeSpan.Zero && Settle <= TimeSpan.FromMinutes(10), "--settle: give 0 to 600 seconds");
        Check(double.IsFinite(RateScale) && RateScale is > 0 and <= 1000, "--rate-scale: give a number above 0, at most 1000");
        Check(Quota is null or (> 0 and <= 1000), "--limit: a route table holds at most 1000 routes; give 1 to 1000");
        Check(Resync >= TimeSpan.FromSeconds(1) && Resync <= TimeSpan.FromHours(1), "--resync: give 1 to 3600 seconds");
        Check(Audit >= TimeSpan.FromSeconds(1) && Audit <= TimeSpan.FromDays(1), "--audit: give 1 to 86400 seconds");
        Check(ProbeRules.Interval >= TimeSpan.FromMilliseconds(100) && ProbeRules.Interval <= TimeSpan.FromMinutes(1), "--probe-interval: give 100 to 60000 milliseconds");
        Check(ProbeRules.Timeout >= TimeSpan.FromMilliseconds(50) && ProbeRules.Timeout <= TimeSpan.FromMinutes(1), "--probe-timeout: give 50 to 60000 milliseconds");
        Check(ProbeRules.Count is >= 2 and <= 20, "--probe-count: give 2 to 20; one lost packet must not move a route");
        Check(StatusPoll == TimeSpan.Zero || StatusPoll >= TimeSpan.FromSeconds(10) && StatusPoll <= TimeSpan.FromDays(1), "--status-poll: give 10 to 86400 seconds, or 0 for never");
        Check(IPEndPoint.TryParse(Listen, out _) || Listen.Contains("localhost:", StringComparison.Ordinal),
            $"--listen '{Listen}' is not ADDR:PORT: write 127.0.0.1:9604");
        return errors;
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= 63 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static bool IsWebAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https";
}
