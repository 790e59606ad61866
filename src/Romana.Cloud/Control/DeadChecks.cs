using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// A dead host's record stays as long as it says which checks we switched off, for uninstall to switch on again: the
/// instance may run on (`hosts remove`), and an interface may outlive its instance. Here an interface that EC2 has no
/// more is taken out of such a record, so that the record can go. Two looks in a row must lack it.
/// </summary>
internal sealed class DeadChecks(EngineParts parts)
{
    /// <summary>Before an interface that stands is asked for again.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromHours(1);

    private readonly Dictionary<string, (DateTimeOffset At, bool Missed)> _asked = new(StringComparer.Ordinal);

    /// <summary>The number of records written.</summary>
    public async Task<int> ForgetAsync(ControllerView view, CancellationToken cancel)
    {
        var dead = view.Hosts.Where(host => host.Spec is { Condition: HostCondition.Dead, Since: { } since }
            && !host.Spec.ChecksSwitchedOff.IsEmpty && view.Now - since >= parts.Lifecycle.DeadHostKept).ToList();
        var due = dead.SelectMany(host => host.Spec.ChecksSwitchedOff).Distinct(StringComparer.Ordinal).Where(eni => IsDue(eni, view.Now)).ToList();
        if (due.Count == 0 || parts.TermIsLost) return 0;
        var gone = await GoneAsync(due, view.Now, cancel).ConfigureAwait(false);
        var writes = dead.Where(host => host.Spec.ChecksSwitchedOff.Any(gone.Contains)).Select(host => RecordTypes.Hosts.UpdateSpec(host, Stamp.New(),
            host.Spec with { ChecksSwitchedOff = host.Spec.ChecksSwitchedOff.RemoveAll(gone.Contains) })).ToList();
        if (writes.Count == 0) return 0;
        var results = await parts.Store.WriteSurelyAsync(writes, cancel).ConfigureAwait(false);
        return results.Count(result => result is WriteResult.Committed);
    }

    private bool IsDue(string eni, DateTimeOffset now) => !_asked.TryGetValue(eni, out var last) || last.Missed || now - last.At >= Rest;

    private async Task<HashSet<string>> GoneAsync(IReadOnlyList<string> enis, DateTimeOffset now, CancellationToken cancel)
    {
        var gone = new HashSet<string>(StringComparer.Ordinal);
        var stand = await LookAsync(enis, cancel).ConfigureAwait(false);
        foreach (var eni in enis)
        {
            var missed = stand is not null && !stand.Contains(eni);
            if (missed && _asked.TryGetValue(eni, out var before) && before.Missed) gone.Add(eni);
            _asked[eni] = (now, missed);
        }

        foreach (var eni in gone) _asked.Remove(eni);
        return gone;
    }

    /// <summary>Null: EC2 does not say. Nobody waits for it, so no pass fails by it.</summary>
    private async Task<IReadOnlySet<string>?> LookAsync(IReadOnlyList<string> enis, CancellationToken cancel)
    {
        try
        {
            return await parts.Reader.StandingInterfacesAsync(enis, cancel).ConfigureAwait(false);
        }
        catch (Ec2UnavailableException)
        {
            return null;
        }
    }
}
