using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana hosts remove NAME`: the operator's word that the host is dead and will not come back as it was.</summary>
internal static class HostsRemoveCommand
{
    /// <summary>A host that beat this recently is alive, whatever the operator believes.</summary>
    private static readonly TimeSpan Alive = TimeSpan.FromMinutes(5);

    public static Command Build(Surroundings around)
    {
        var name = HostByName.Argument();
        var force = new Option<bool>("--force") { Description = "Also when the host gave a sign of life within five minutes" };
        var command = new DocumentedCommand("remove",
            "Declare a host dead: its blocks are freed after their delays and may go to others. Only for hosts that are off for good",
            "romana hosts remove node-7") { name, force };
        command.SetAction((parsed, cancel) => StateCommand.WithStoreAsync(around, parsed, async store =>
        {
            var now = around.Clock.GetUtcNow();
            var asked = parsed.GetRequiredValue(name);
            if (!parsed.GetValue(force)) await RefuseAliveAsync(store, asked, now, cancel);
            var host = await HostByName.ChangeAsync(store, asked, spec => Removed(spec, now), cancel);
            around.Error.WriteLine($"{host.Name} counts as dead: the controller removes its routes and frees its blocks after their delays.");
            return ExitCode.Done;
        }, cancel));
        return command;
    }

    private static HostSpec? Removed(HostSpec host, DateTimeOffset now) => host.Condition == HostCondition.Dead
        ? null
        : OperatorWords.Remove(host, now);

    private static async Task RefuseAliveAsync(IStore store, string name, DateTimeOffset now, CancellationToken cancel)
    {
        var hosts = await store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel);
        var host = HostByName.Find(hosts.Items, name).Spec;
        var beat = await store.GetAsync(RecordTypes.Beats, host.Uid.Text, Consistency.Linearizable, cancel);
        if (beat is null || now - beat.Spec.At > Alive) return;
        throw CommandFailure.Failed(
            $"host '{host.Name}' gave a sign of life {(now - beat.Spec.At).TotalSeconds:0} s ago; two hosts must never hold one address",
            "stop the host first, or say --force if you are sure that it is off");
    }
}
