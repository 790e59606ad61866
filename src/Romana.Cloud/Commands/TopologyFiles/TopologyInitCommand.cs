using System.CommandLine;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Romana.Cloud.Aws;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Topologies;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Commands.TopologyFiles;

/// <summary>`romana topology init aws`: draws a document from the subnets of a VPC; prints it and changes nothing.</summary>
internal static class TopologyInitCommand
{
    private static readonly Option<string[]> Ranges =
        TopologyCheckCommand.Cidrs("--cidr", "A range for pods, outside every CIDR of the VPC; once per family, or more often");

    private static readonly Option<string?> From = new("--from")
    {
        Description = "A document drawn earlier: new zones and subnets get the next free slice, and nobody moves",
        HelpName = "FILE",
    };

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Build(Surroundings around)
    {
        var command = new DocumentedCommand("init", "Draw a document from what is there");
        command.Add(BuildAws(around));
        return command;
    }

    private static DocumentedCommand BuildAws(Surroundings around)
    {
        var command = new DocumentedCommand("aws", "Draw a document from the zones and subnets of a VPC and print it (JSON unless -o says yaml)",
            "romana topology init aws --vpc vpc-0a1b2c3d --cidr 10.244.0.0/16",
            "romana topology init aws --vpc vpc-0a1b2c3d --from topology.json -o yaml");
        foreach (Option option in (Option[])[Ranges, From, AwsOptions.Vpc, AwsOptions.Region, AwsOptions.Endpoint, AwsOptions.Inventory, SharedOptions.Format])
            command.Add(option);
        command.SetAction((parsed, cancel) => RunAsync(parsed, around, cancel));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Surroundings around, CancellationToken cancel)
    {
        var existing = parsed.GetValue(From) is { } from ? TopologyFile.Read(from, around) : null;
        existing?.Require(around);
        var ranges = (parsed.GetValue(Ranges) ?? []).Select(Cidr.Parse).ToImmutableArray();
        if (ranges.IsEmpty && existing is null) throw CommandFailure.BadInput("a range for pods is missing", "give --cidr 10.244.0.0/16, or --from FILE");
        var vpc = await ReadVpcAsync(parsed, around, cancel);
        var outcome = TopologyDraft.Draw(new DraftRequest { Cidrs = ranges, Links = vpc.Links, Existing = existing?.Json });
        if (outcome is DraftOutcome.Refused refused) throw CommandFailure.BadInput(refused.Message, refused.Remedy);
        var drawn = (DraftOutcome.Drawn)outcome;
        Check(drawn.Document, vpc, around);
        if (existing is not null) around.Error.WriteLine(drawn.Added.IsEmpty ? "nothing to add" : $"added: {string.Join("; ", drawn.Added)}");
        if (parsed.GetValue(SharedOptions.Format) == OutputFormat.Yaml) around.Print(OutputFormat.Yaml, (JsonNode)drawn.Document, _ => [], Indented);
        else around.Out.WriteLine(drawn.Document.ToJsonString(Indented));
        return ExitCode.Done;
    }

    private static void Check(JsonObject document, VpcFile vpc, Surroundings around)
    {
        var json = document.ToJsonString();
        var drawn = new TopologyFile("the drawn document", json, TopologyDocument.Read(json));
        var problems = TopologyCheck.Check(drawn.Require(around), new NetworkFacts { VpcCidrs = vpc.Cidrs, Links = vpc.Links });
        foreach (var problem in problems) around.Error.WriteLine(drawn.Line(problem));
        if (problems.FirstOrDefault(problem => problem.Severity == ProblemSeverity.Error) is { } error)
            throw CommandFailure.BadInput($"no document was drawn: {error.Message}", error.Remedy);
    }

    private static async Task<VpcFile> ReadVpcAsync(ParseResult parsed, Surroundings around, CancellationToken cancel)
    {
        if (parsed.GetValue(AwsOptions.Inventory) is { } path) return VpcFile.Read(path, around);
        if (parsed.GetValue(AwsOptions.Vpc) is not { } vpc)
            throw CommandFailure.BadInput("the VPC is missing", "give --vpc ID, or --inventory FILE with its subnets");
        using var client = Ec2Client.Create(parsed.GetValue(AwsOptions.Region), parsed.GetValue(AwsOptions.Endpoint));
        return await VpcDescription.ReadAsync(client, vpc, around.Clock, cancel);
    }
}
