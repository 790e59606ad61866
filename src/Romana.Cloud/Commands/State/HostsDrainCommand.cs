using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana hosts drain NAME`: the host stops leading covers and aggregates, and keeps its own blocks.</summary>
internal static class HostsDrainCommand
{
    public static Command Build(Surroundings around)
    {
        var name = HostByName.Argument();
        var undo = new Option<bool>("--undo") { Description = "End the drain: the host may lead again" };
        var noWait = new Option<bool>("--no-wait") { Description = "Mark the host and return; the controller does the rest" };
        var timeout = AwsOptions.Positive(new Option<double>("--timeout")
        {
            Description = "Seconds to wait until nothing leads through the host; then the exit code is 1 and the host stays marked",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => 120,
        });
        var command = new DocumentedCommand("drain",
            "Take the router role from a host before maintenance; its own pods keep their addresses and routes",
            "romana hosts drain node-7", "romana hosts drain node-7 --timeout 30", "romana hosts drain node-7 --no-wait", "romana hosts drain node-7 --undo") { name, undo, noWait, timeout };
        command.SetAction((parsed, cancel) => StateCommand.WithStoreAsync(around, parsed, async store =>
        {
            var now = around.Clock.GetUtcNow();
            var end = parsed.GetValue(undo);
            var host = await HostByName.ChangeAsync(store, parsed.GetRequiredValue(name), spec => end ? Undrained(spec, now) : Drained(spec, now), cancel);
            around.Error.WriteLine(end
                ? $"{host.Name} may lead routes again."
                : $"{host.Name} is draining: the controller moves what it leads to other hosts; its own blocks stay.");
            if (end || parsed.GetValue(noWait)) return ExitCode.Done;
            var drained = await new DrainWait(around, store, TimeSpan.FromSeconds(parsed.GetValue(timeout))).RunAsync(host, cancel);
            around.Print(parsed.GetValue(SharedOptions.Format), drained, Tables);
            return ExitCode.Done;
        }, cancel));
        return command;
    }

    private static IEnumerable<TextTable> Tables(DrainView view)
    {
        yield return new TextTable(null, ["Table", "Destination"], [.. view.Moved.Select(moved => (string?[])[moved.Table, moved.Destination.ToString()])])
        {
            Empty = $"nothing leads through {view.Host}",
            Notes = view.Moved.IsEmpty ? [] : [$"nothing leads through {view.Host} any more; its own blocks stay with it"],
        };
    }

    /// <summary>The controller keeps the operator's word apart from what it sees, and confirms the condition on its next pass.</summary>
    private static HostSpec? Drained(HostSpec host, DateTimeOffset now) => host switch
    {
        { Condition: HostCondition.Dead } => throw CommandFailure.BadInput($"host '{host.Name}' is dead ({host.Reason})", "there is nothing to drain"),
        { DrainedByOperator: true } => null,
        _ => OperatorWords.Drain(host, now),
    };

    private static HostSpec? Undrained(HostSpec host, DateTimeOffset now) => host switch
    {
        { DrainedByOperator: true } => OperatorWords.TakeBack(host, now),
        { Condition: HostCondition.Live } => null,
        _ => throw CommandFailure.BadInput(
            $"host '{host.Name}' is not drained by the operator: it is {host.Condition.ToString().ToLowerInvariant()} ({host.Reason})",
            "end that cause; the controller sees it by itself"),
    };
}
