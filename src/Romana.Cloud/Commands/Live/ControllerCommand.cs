using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Control;

namespace Romana.Cloud.Commands.Live;

/// <summary>`romana controller`: keeps hosts, blocks and routes right until it is stopped.</summary>
internal static class ControllerCommand
{
    private static readonly Option<string?> Topology = new("--topology")
    {
        Description = "Topology document to apply at start when it differs from the committed one",
        HelpName = "FILE",
    };

    private static readonly Option<double> Resync = Seconds("--resync", "Seconds between two looks at the store when nothing happens", 30);
    private static readonly Option<double> Audit = Seconds("--audit", "Seconds between two looks at EC2 when nothing happens", 60);

    private static readonly Option<string> Listen = new("--listen")
    {
        Description = "Where the HTTP API listens",
        HelpName = "ADDR:PORT",
        DefaultValueFactory = _ => "127.0.0.1:9604",
    };

    public static Command Build(Surroundings around)
    {
        var command = new DocumentedCommand("controller", "Keep hosts, blocks and VPC routes right until stopped",
            "romana controller --vpc vpc-0123456789abcdef0 --topology topology.yaml");
        command.AddLive();
        foreach (Option option in (Option[])[Topology, Resync, Audit, Listen]) command.Add(option);
        command.SetAction((parsed, cancel) =>
        {
            var file = parsed.GetValue(Topology);
            var options = LiveCommand.Options(parsed, options => options with
            {
                Topology = file,
                Resync = TimeSpan.FromSeconds(parsed.GetValue(Resync)),
                Audit = TimeSpan.FromSeconds(parsed.GetValue(Audit)),
                Listen = parsed.GetRequiredValue(Listen),
            });
            return LiveCommand.RunAsync(around, file, async parts =>
            {
                await ControllerHost.RunAsync(options, parts, cancel);
                return ExitCode.Done;
            });
        });
        return command;
    }

    private static Option<double> Seconds(string name, string description, double usual) => AwsOptions.Positive(new Option<double>(name)
    {
        Description = description,
        HelpName = "SECONDS",
        DefaultValueFactory = _ => usual,
    });
}
