using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Node.Planning.Vlans;

/// <summary>
/// When each announcement is made: at once and once more, for the first may be lost, and never many at a time. RFC 5227
/// wants two with 2 s between, RFC 4861 up to three with a second at least. Time comes as the caller's own count.
/// </summary>
internal sealed class AnnouncementTurns
{
    public static readonly TimeSpan Between = TimeSpan.FromSeconds(2);

    /// <summary>After a batch. A thousand a second at most: a switch's processor sees each of them.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20);

    public const int Times = 2, Batch = 20;

    private readonly Dictionary<VlanAnnouncement, (int Left, TimeSpan Due)> _turns = [];

    /// <summary>Null: all is said.</summary>
    public TimeSpan? NextDue => _turns.Values.Where(turn => turn.Left > 0).Select(turn => (TimeSpan?)turn.Due).Min();

    /// <summary>What is wanted no more is never said again: the address may be another's by now.</summary>
    /// <param name="wanted">All, also what was said already.</param>
    /// <param name="again">What the host did not answer for in between.</param>
    /// <param name="now">Of a count that only grows.</param>
    public void Learn(ImmutableArray<VlanAnnouncement> wanted, IReadOnlySet<(int Uplink, IpAddress Address)> again, TimeSpan now)
    {
        foreach (var gone in _turns.Keys.Except(wanted).ToList()) _turns.Remove(gone);
        foreach (var announcement in wanted)
        {
            if (!_turns.ContainsKey(announcement) || again.Contains((announcement.Uplink, announcement.Address))) _turns[announcement] = (Times, now);
        }
    }

    /// <summary>What is to be said now; those that were never said come first.</summary>
    public ImmutableArray<VlanAnnouncement> Next(TimeSpan now)
    {
        var due = _turns.Where(turn => turn.Value.Left > 0 && turn.Value.Due <= now)
            .OrderByDescending(turn => turn.Value.Left).ThenBy(turn => turn.Value.Due).Take(Batch).Select(turn => turn.Key).ToImmutableArray();
        foreach (var announcement in due) _turns[announcement] = (_turns[announcement].Left - 1, now + Between);
        return due;
    }
}
