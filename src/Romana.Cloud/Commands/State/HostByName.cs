using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Commands.State;

/// <summary>Finds and changes the host that a user named.</summary>
internal static class HostByName
{
    private const int Attempts = 5;

    public static Argument<string> Argument() => new("NAME") { Description = "Name or UID of the host, as `romana hosts` lists it" };

    /// <summary>By UID, else by name; of several with one name the one that is not dead.</summary>
    public static TypedRecord<HostSpec, HostStatus> Find(IReadOnlyList<TypedRecord<HostSpec, HostStatus>> hosts, string name)
    {
        var named = hosts.Where(host => host.Spec.Uid.Text == name).ToArray();
        if (named.Length == 0) named = [.. hosts.Where(host => host.Spec.Name == name)];
        if (named.Length > 1 && named.Any(host => host.Spec.Condition != HostCondition.Dead))
            named = [.. named.Where(host => host.Spec.Condition != HostCondition.Dead)];
        return named switch
        {
            [var only] => only,
            [] => throw CommandFailure.BadInput($"there is no host '{name}'", Known(hosts, name)),
            _ => throw CommandFailure.BadInput($"{named.Length} hosts are called '{name}'",
                $"name one by its UID: {string.Join(", ", named.Select(host => host.Spec.Uid))}"),
        };
    }

    /// <summary>Changes the host's spec; somebody else's change in between is read and the change made again. Null from <paramref name="change"/>: nothing to do.</summary>
    public static async Task<HostSpec> ChangeAsync(IStore store, string name, Func<HostSpec, HostSpec?> change, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            var hosts = await store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel);
            var host = Find(hosts.Items, name);
            var changed = change(host.Spec);
            if (changed is null) return host.Spec;
            switch (await store.WriteSurelyAsync(RecordTypes.Hosts.UpdateSpec(host, Stamp.New(), changed), cancel))
            {
                case WriteResult.Committed:
                    return changed;
                case WriteResult.Unavailable unavailable:
                    throw CommandFailure.Failed($"host '{name}' was not changed: {unavailable.Reason}", "try again when the store answers");
                case WriteResult.Unknown unknown:
                    throw CommandFailure.Failed($"it is not known whether host '{name}' was changed: {unknown.Reason}", "look with `romana hosts` and try again");
                default:
                    if (attempt == Attempts)
                        throw CommandFailure.Failed($"host '{name}' was not changed: its record changed {Attempts} times meanwhile", "try again");
                    break;
            }
        }
    }

    private static string Known(IReadOnlyList<TypedRecord<HostSpec, HostStatus>> hosts, string name)
    {
        if (hosts.Count == 0) return "no hosts are known yet; check --store";
        var near = hosts.Select(host => host.Spec.Name).Distinct()
            .OrderBy(known => Words.Distance(name, known)).ThenBy(known => known, StringComparer.Ordinal).Take(3);
        return $"`romana hosts` lists {hosts.Count}; the nearest names are {string.Join(", ", near)}";
    }
}
