using System.CommandLine;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Control;
using Romana.Cloud.Discovery;
using Romana.Cloud.Topologies;

namespace Romana.Cloud.Commands.Live;

/// <summary>What the commands that work on the VPC have in common: options in, parts of the engine, faults out.</summary>
internal static class LiveCommand
{
    public static readonly Option<int?> Limit = new("--limit")
    {
        Description = "Routes that each table may hold (default: quota L-93826ACB by Service Quotas, else 500)",
        HelpName = "N",
    };

    public static readonly Option<bool> MassRemoval = new("--allow-mass-removal") { Description = "Remove however many routes, until this command ends" };

    public static void AddLive(this Command command)
    {
        command.AddLiveState();
        command.AddAws();
        command.Add(Limit);
    }

    /// <summary>Every wrong option in one message. What --cluster and --vpc do not say, the store does.</summary>
    /// <exception cref="CommandFailure">Bad input.</exception>
    public static async Task<ControllerOptions> OptionsAsync(
        Surroundings around, ParseResult parsed, CancellationToken cancel, Func<ControllerOptions, ControllerOptions>? more = null)
    {
        var owner = await OwnerAsync(around, parsed, cancel);
        var options = new ControllerOptions
        {
            Store = parsed.GetRequiredValue(SharedOptions.Store),
            Cluster = SharedOptions.SaidCluster(parsed) ?? owner?.Cluster ?? parsed.GetRequiredValue(SharedOptions.Cluster),
            Vpc = parsed.GetValue(AwsOptions.Vpc) ?? owner?.Vpc ?? "",
            Region = parsed.GetValue(AwsOptions.Region),
            Endpoint = parsed.GetValue(AwsOptions.Endpoint),
            Tables = Enum.Parse<TableChoice>(parsed.GetRequiredValue(AwsOptions.Tables), ignoreCase: true),
            Inventory = parsed.GetValue(AwsOptions.Inventory),
            Adopt = parsed.GetValue(AwsOptions.Adopt),
            AllowMassRemoval = parsed.GetValue(MassRemoval),
            Settle = TimeSpan.FromSeconds(parsed.GetValue(AwsOptions.Settle)),
            RateScale = parsed.GetValue(AwsOptions.RateScale),
            NewStore = parsed.GetValue(AwsOptions.NewStore),
            Quota = parsed.GetValue(Limit),
        };
        if (more is not null) options = more(options);
        return options.Errors() is { Count: > 0 } errors
            ? throw CommandFailure.BadInput(string.Join("; ", errors), "see --help")
            : options;
    }

    /// <summary>Whose the store is; refuses another's cluster or VPC before anything is begun. Null: no store, or nobody's yet.</summary>
    public static async Task<StoreOwner?> OwnerAsync(Surroundings around, ParseResult parsed, CancellationToken cancel)
    {
        var path = parsed.GetRequiredValue(SharedOptions.Store);

        // An empty file is a store that is yet to be made.
        if (!Path.Exists(path) || File.Exists(path) && new FileInfo(path).Length == 0) return null;
        await using var opened = await around.OpenStore(path, cancel);
        var owner = await StoreOwner.OfAsync(opened.Store, cancel);
        var vpc = parsed.GetResult(AwsOptions.Vpc) is null ? null : parsed.GetValue(AwsOptions.Vpc);
        return owner?.Objection(path, SharedOptions.SaidCluster(parsed), vpc) is var (wrong, remedy)
            ? throw CommandFailure.BadInput(wrong, remedy) : owner;
    }

    /// <summary>The engine's parts, its faults turned into messages, exit codes as ever.</summary>
    public static async Task<int> RunAsync(Surroundings around, string? topologyFile, Func<ControllerParts, Task<int>> work)
    {
        var document = topologyFile is null ? null : TopologyFile.Read(topologyFile, around);
        document?.Require(around);
        using var logs = LineLogs.Factory(around.Error, around.Clock);
        using var metrics = new CallMetrics();
        try
        {
            return await work(new ControllerParts
            {
                Logs = logs,
                Clock = around.Clock,
                Metrics = metrics,
                TopologyDocument = document?.Json,
            });
        }
        catch (ControlRefusedException fault) when (fault.IsBadInput)
        {
            var (wrong, remedy) = FailureReport.Parted(fault.Message);
            throw CommandFailure.BadInput(wrong, remedy, fault);
        }
        catch (Exception fault) when (fault is Ec2UnavailableException or ControlRefusedException)
        {
            throw Failure(fault.Message, fault);
        }
        catch (HostsUnreadableException fault)
        {
            throw CommandFailure.BadInput(fault.Message, "", fault);
        }
        catch (FormatException fault)
        {
            throw CommandFailure.BadInput(fault.Message, "", fault);
        }
    }

    private static CommandFailure Failure(string message, Exception fault)
    {
        var (wrong, remedy) = FailureReport.Parted(message);
        return CommandFailure.Failed(wrong, remedy, fault);
    }
}
