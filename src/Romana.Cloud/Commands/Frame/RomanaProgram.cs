using System.CommandLine;
using System.CommandLine.Help;
using Romana.Cloud.Commands.Live;
using Romana.Cloud.Commands.Preflight;
using Romana.Cloud.Commands.State;
using Romana.Cloud.Commands.TopologyFiles;

namespace Romana.Cloud.Commands.Frame;

/// <summary>The program `romana` without the process around it: tests call it with writers of their own.</summary>
public static class RomanaProgram
{
    private static readonly Lock Building = new();

    /// <summary>
    /// The parts, in the order of `romana --help`. To add a command: write one class in Commands/ with
    /// `public static Command Build(Surroundings around)` that returns a <see cref="DocumentedCommand"/>, options from
    /// <see cref="SharedOptions"/> and <see cref="AwsOptions"/> first; end its action with <see cref="ExitCode"/> or throw
    /// <see cref="CommandFailure"/>; and add it to this list (a sub-command of a group: to that group's class).
    /// </summary>
    public static RootCommand Tree(Surroundings around)
    {
        // Options are shared objects that remember their commands: two trees must not be built at once (tests run side by side).
        lock (Building)
        {
            var root = new RootCommand("Romana gives pods addresses that follow the network's shape and keeps the routes to them.")
            {
                PreflightCommand.Build(around),
                ControllerCommand.Build(around),
                PlanCommand.Build(around),
                ApplyCommand.Build(around),
                ApplyCommand.BuildUninstall(around),
                HostsCommand.Build(around),
                BlocksCommand.Build(around),
                EventsCommand.Build(around),
                IpamCommand.Build(around),
                RoutesCommand.Build(around),
                TopologyCommand.Build(around),
            };
            foreach (var help in root.Options.OfType<HelpOption>()) help.Action = new HelpWithExamples((HelpAction)help.Action!);
            return root;
        }
    }

    /// <summary>`romana help WORDS` is what others call `romana WORDS --help`.</summary>
    private static ParseResult Parse(RootCommand tree, IReadOnlyList<string> args, TextWriter error, out bool isWrong)
    {
        var plain = new ParserConfiguration { ResponseFileTokenReplacer = null };
        if (args is not ["help", ..])
        {
            var parsed = tree.Parse(args, plain);
            isWrong = BadUsage.Tell(parsed, error);
            return parsed;
        }

        // The words alone, since `--help` would hide that they mean nothing; what they lack is no matter here.
        var words = tree.Parse([.. args.Skip(1)], plain);
        isWrong = words.UnmatchedTokens.Count > 0 && BadUsage.Tell(words, error);
        return tree.Parse([.. args.Skip(1), "--help"], plain);
    }

    /// <summary>Parses, runs, and answers the exit code; whatever goes wrong becomes one message on the error writer.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Surroundings around, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(around);
        // Signals and exceptions are ours: the library would end the process after two seconds and print a stack trace.
        var invocation = new InvocationConfiguration
        {
            Output = around.Out,
            Error = around.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            var parsed = Parse(Tree(around), args, around.Error, out var isWrong);
            if (isWrong) return ExitCode.BadInput;
            return await parsed.InvokeAsync(invocation, stop);
        }
#pragma warning disable CA1031 // The edge of the program: every fault becomes one message and an exit code here.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return FailureReport.Tell(fault, around.Error, stop);
        }
    }
}
