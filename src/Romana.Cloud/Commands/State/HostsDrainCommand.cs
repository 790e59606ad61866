using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana hosts drain NAME`: the host stops leading covers and aggregates, and keeps its own blocks.</summary>
internal static class HostsDrainCommand
{
    public static Command Build(Surroundings around)
    {
        var name = HostByName.Argument();
        var undo = new Option<bool>("--undo") { Description = "End the drain: the host may lead again" };
        var command = new DocumentedCommand("drain",
            "Take the router role from a host before maintenance; its own pods keep their addresses and routes",
            "romana hosts drain node-7", "romana hosts drain node-7 --undo") { name, undo };
        command.SetAction((parsed, cancel) => StateCommand.WithStoreAsync(around, parsed, async store =>
        {
            var now = around.Clock.GetUtcNow();
            var end = parsed.GetValue(undo);
            var host = await HostByName.ChangeAsync(store, parsed.GetRequiredValue(name), spec => end ? Undrained(spec, now) : Drained(spec, now), cancel);
            around.Error.WriteLine(end
                ? $"{host.Name} may lead routes again."
                : $"{host.Name} is draining: the controller moves what it leads to other hosts; its own blocks stay.");
            return ExitCode.Done;
        }, cancel));
        return command;
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
