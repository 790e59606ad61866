using System.CommandLine;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Api;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Control;

namespace Romana.Cloud.Commands.Live;

/// <summary>`romana controller`: keeps hosts, blocks and routes right until it is stopped.</summary>
internal static partial class ControllerCommand
{
    private static readonly Option<string?> Topology = new("--topology")
    {
        Description = "Topology document to apply at start when it differs from the committed one",
        HelpName = "FILE",
    };

    private static readonly Option<double> Resync = Seconds("--resync", "Seconds between two looks at the store when nothing happens", 30);
    private static readonly Option<double> Audit = Seconds("--audit", "Seconds between two looks at EC2 when nothing happens", 60);

    public static Command Build(Surroundings around)
    {
        var command = new DocumentedCommand("controller", "Keep hosts, blocks and VPC routes right until stopped",
            "romana controller --vpc vpc-0123456789abcdef0 --topology topology.yaml");
        command.AddLive();
        command.Add(LiveCommand.MassRemoval);
        foreach (Option option in (Option[])[Topology, Resync, Audit]) command.Add(option);
        ProbeOptions.AddTo(command);
        ApiSettings.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var file = parsed.GetValue(Topology);
            var options = await LiveCommand.OptionsAsync(around, parsed, cancel, options => ProbeOptions.Read(parsed, options) with
            {
                Topology = file,
                Resync = TimeSpan.FromSeconds(parsed.GetValue(Resync)),
                Audit = TimeSpan.FromSeconds(parsed.GetValue(Audit)),
                Listen = parsed.GetRequiredValue(ApiSettings.ListenOption),
            });
            var settings = ApiSettings.Read(parsed, around);
            return await LiveCommand.RunAsync(around, file, parts => RunAsync(around, options, settings, parts, cancel));
        });
        return command;
    }

    /// <summary>The API opens once the term is held, so that a second controller hears of the first and not of a taken port.</summary>
    private static async Task<int> RunAsync(
        Surroundings around, ControllerOptions options, ApiSettings settings, ControllerParts parts, CancellationToken cancel)
    {
        var log = parts.Logs.CreateLogger("romana.api");
        OpenedStore? read = null;
        ApiServer? api = null;
        try
        {
            await ControllerHost.RunAsync(options, parts with
            {
                WhenLeading = async token =>
                {
                    read = await around.OpenStore(options.Store, token);
                    api = await ApiServer.StartAsync(settings, new ApiSources(parts.State, read.Store, parts.Clock), parts.Logs, token);
                    LogListening(log, api.Url);
                },
            }, cancel);
        }
        finally
        {
            // The API first: no request is under way when its store is closed.
            if (api is not null) await api.DisposeAsync();
            if (read is not null) await read.DisposeAsync();
        }

        return ExitCode.Done;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "HTTP API on {Url}")]
    private static partial void LogListening(ILogger log, Uri url);

    private static Option<double> Seconds(string name, string description, double usual) => AwsOptions.Positive(new Option<double>(name)
    {
        Description = description,
        HelpName = "SECONDS",
        DefaultValueFactory = _ => usual,
    });
}
