using System.Collections.Immutable;
using System.CommandLine;
using Romana.Cloud.Aws;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Live;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Commands.State;
using Romana.Cloud.Control;
using Romana.Cloud.Discovery;
using Romana.Cloud.Preflight;
using Romana.Cloud.Topologies;
using Romana.Cloud.Views;

namespace Romana.Cloud.Commands.Preflight;

/// <summary>`romana preflight aws`: what would stop Romana in this VPC, one line each. Changes nothing.</summary>
internal static class PreflightCommand
{
    private static readonly Option<string?> TopologyOption = new("--topology")
    {
        Description = "Check the pod networks of this document (default: those of the store)",
        HelpName = "FILE",
    };

    public static Command Build(Surroundings around)
    {
        var command = new DocumentedCommand("preflight", "Check beforehand whether Romana can work");
        var aws = new DocumentedCommand("aws", "Check a VPC: tables, quota, permissions, interfaces, security groups, ACLs, overlaps; change nothing",
            "romana preflight aws --vpc vpc-0123456789abcdef0 --topology topology.yaml",
            "romana preflight aws --vpc vpc-0123456789abcdef0 --tables tag -o json") { TopologyOption };
        aws.AddLive();
        aws.Add(ProbeOptions.Probe);
        aws.SetAction(async (parsed, cancel) =>
        {
            var options = await LiveCommand.OptionsAsync(around, parsed, cancel);
            return await LiveCommand.RunAsync(around, null, parts => RunAsync(around, parsed, options, parts, cancel));
        });
        command.Add(aws);
        return command;
    }

    private static async Task<int> RunAsync(Surroundings around, ParseResult parsed, ControllerOptions options, ControllerParts parts, CancellationToken cancel)
    {
        var store = await StoreAsync(around, parsed, cancel);
        var topology = parsed.GetValue(TopologyOption) is { } file ? TopologyFile.Read(file, around).Require(around) : CommittedTopology.OrNull(store);
        using var client = Ec2Client.Create(options.Region, options.Endpoint);
        using var gate = new CallGate(around.Clock, options.RateScale, options.CallTimeout, parts.Metrics ?? new CallMetrics(), Ec2Client.Where(client));
        var ec2 = new Ec2Reader(client, gate);
        IHostSource hosts = options.Inventory is { } inventory
            ? new InventoryFileSource(ec2, options.Vpc, () => Discovery.InventoryFile.Read(inventory))
            : new Ec2HostSource(ec2, options.Vpc, options.Cluster);
        using var quotas = ServiceQuotas.Beside(client, around.Clock, parts.Metrics);
        var reader = new PreflightReader(client, gate, quotas, options, hosts);
        var facts = await reader.ReadAsync(topology, store.Ledgers, cancel);
        var view = PreflightView.Of(PreflightChecks.Run(facts with { Probe = parsed.GetRequiredValue(ProbeOptions.Probe) }));
        around.Print(parsed.GetValue(SharedOptions.Format), view, Tables);
        return view.Fail > 0 ? ExitCode.Failed : ExitCode.Done;
    }

    /// <summary>Before the first run there is no store, and that is fine.</summary>
    private static async Task<StoreReading> StoreAsync(Surroundings around, ParseResult parsed, CancellationToken cancel)
    {
        var path = parsed.GetRequiredValue(SharedOptions.Store);
        if (!Path.Exists(path)) return new StoreReading();
        await using var opened = await around.OpenStore(path, cancel);
        return await StoreReading.OfAsync(opened.Store, cancel);
    }

    private static IEnumerable<TextTable> Tables(PreflightView view)
    {
        yield return new TextTable(null, ["", "Check", "About", "Finding"], [.. view.Findings.Select(Row)])
        {
            Notes = [$"{view.Ok} OK, {view.Warn} WARN, {view.Fail} FAIL"],
        };
    }

    private static string?[] Row(Finding finding) =>
    [
        finding.Level.ToString().ToUpperInvariant(), finding.Check, finding.Subject,
        finding.Remedy is null ? finding.Message : $"{finding.Message}. Remedy: {finding.Remedy}",
    ];
}

/// <summary>The findings, and how many of each level.</summary>
internal sealed record PreflightView(int Ok, int Warn, int Fail, ImmutableArray<Finding> Findings)
{
    public static PreflightView Of(ImmutableArray<Finding> findings) => new(
        findings.Count(finding => finding.Level == FindingLevel.Ok),
        findings.Count(finding => finding.Level == FindingLevel.Warn),
        findings.Count(finding => finding.Level == FindingLevel.Fail),
        findings);
}
