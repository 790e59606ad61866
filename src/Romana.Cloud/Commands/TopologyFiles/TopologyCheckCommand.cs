using System.Collections.Immutable;
using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Topologies;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Commands.TopologyFiles;

/// <summary>`romana topology check FILE`: everything that is wrong with a document, at once; exit code 2 when there are errors.</summary>
internal static class TopologyCheckCommand
{
    private static readonly Option<string[]> Vpcs = Cidrs("--vpc-cidr", "A CIDR of the VPC; pod networks must lie outside all of them");
    private static readonly Option<string[]> Services = Cidrs("--service-cidr", "Kubernetes' service range");
    private static readonly Option<string[]> Peerings = Cidrs("--peering-cidr", "A range that a peering or a transit gateway leads to");

    public static Command Build(Surroundings around)
    {
        var file = new Argument<string>("FILE") { Description = "Topology document, JSON or YAML; - for standard input" };
        var command = new DocumentedCommand("check", "Check a document and report every error and warning at once",
            "romana topology check topology.yaml",
            "romana topology check topology.json --vpc-cidr 10.0.0.0/16 --service-cidr 10.100.0.0/16 -o json");
        command.Add(file);
        command.Add(Vpcs);
        command.Add(Services);
        command.Add(Peerings);
        command.Add(SharedOptions.Format);
        command.Options.Add(AwsOptions.Inventory);
        command.SetAction(parsed =>
        {
            var facts = Facts(parsed, around);
            var document = TopologyFile.Read(parsed.GetRequiredValue(file), around);
            var more = document.Reading.Topology is { } topology ? TopologyCheck.Check(topology, facts) : [];
            ImmutableArray<TopologyProblem> problems = [.. document.Reading.Problems, .. more];
            var view = TopologyCheckView.Of(document.Path, problems);
            var format = parsed.GetValue(SharedOptions.Format);
            if (format == OutputFormat.Table) Print(around, document, problems, view);
            else around.Print(format, view, _ => []);
            return view.Errors > 0 ? ExitCode.BadInput : ExitCode.Done;
        });
        return command;
    }

    private static NetworkFacts Facts(ParseResult parsed, Surroundings around)
    {
        var facts = new NetworkFacts
        {
            VpcCidrs = Read(parsed, Vpcs),
            ServiceCidrs = Read(parsed, Services),
            PeeringCidrs = Read(parsed, Peerings),
        };
        if (parsed.GetValue(AwsOptions.Inventory) is not { } path) return facts;
        var inventory = VpcFile.Read(path, around);
        return facts with { VpcCidrs = [.. facts.VpcCidrs, .. inventory.Cidrs], Links = inventory.Links };
    }

    /// <summary>One line each: a table of whole sentences would be wider than any terminal.</summary>
    private static void Print(Surroundings around, TopologyFile document, ImmutableArray<TopologyProblem> problems, TopologyCheckView view)
    {
        foreach (var problem in problems) around.Out.WriteLine(document.Line(problem));
        around.Out.WriteLine(problems.IsEmpty ? $"{view.File}: no problems" : $"{view.File}: errors {view.Errors}, warnings {view.Warnings}");
    }

    private static ImmutableArray<Cidr> Read(ParseResult parsed, Option<string[]> option) =>
        [.. (parsed.GetValue(option) ?? []).Select(Cidr.Parse)];

    internal static Option<string[]> Cidrs(string name, string description)
    {
        var option = new Option<string[]>(name) { Description = description, HelpName = "CIDR" };
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (!Cidr.TryParse(token.Value, out _, out var reason)) result.AddError($"{name}: {reason}");
            }
        });
        return option;
    }
}

/// <summary>What `topology check -o json` prints.</summary>
internal sealed record TopologyCheckView(string File, int Errors, int Warnings, ImmutableArray<ProblemView> Problems)
{
    public static TopologyCheckView Of(string file, ImmutableArray<TopologyProblem> problems)
    {
        var errors = problems.Count(problem => problem.Severity == ProblemSeverity.Error);
        return new TopologyCheckView(file, errors, problems.Length - errors, [.. problems.Select(ProblemView.Of)]);
    }
}

internal sealed record ProblemView(string Severity, string Code, string Path, string? Value, string Message, string Remedy)
{
    public static ProblemView Of(TopologyProblem problem) => new(
        problem.Severity.ToString().ToLowerInvariant(), problem.Code, problem.Path, problem.Value, problem.Message, problem.Remedy);
}
