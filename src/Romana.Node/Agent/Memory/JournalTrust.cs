using Romana.Ipam.Attachments;

namespace Romana.Node.Agent.Memory;

/// <summary>
/// What a journal that nobody can be asked about is worth when its agent starts (decision 0045). Pods that stand go on
/// whatever it is; the question is what may be handed out before the store has been read.
/// </summary>
internal abstract record JournalTrust
{
    private JournalTrust()
    {
    }

    /// <summary>Nobody else can have got this host's blocks since it was written: all that it holds serves.</summary>
    internal sealed record Current : JournalTrust;

    /// <summary>A copy from before: pods and releases of the time since are not in it.</summary>
    internal sealed record Restored(string Why) : JournalTrust;

    /// <summary>Its blocks may be another host's by now.</summary>
    internal sealed record Unconfirmed(string Why) : JournalTrust;

    /// <summary>Pure.</summary>
    /// <param name="mark">How far a journal had come in this boot, by a witness that no copy brings along; null: there is none.</param>
    /// <param name="confirmed">When the store last showed this host its blocks; null: never.</param>
    /// <param name="most">How long after that nobody takes a silent host for dead.</param>
    public static JournalTrust Judge(JournalHead head, string bootId, long? mark, DateTimeOffset? confirmed, DateTimeOffset now, TimeSpan most)
    {
        if (mark is { } reached)
            return reached <= head.Counter ? new Current() : new Restored($"it ends at entry {head.Counter}, and in this boot {reached} were written");
        if (head.Counter == 0) return new Current();

        // Whoever takes the mark away, or brings a journal along, leaves no proof of what was written since.
        if (head.BootId == bootId) return new Restored("it was written in this boot, and its mark beside the socket is gone");
        if (confirmed is not { } last) return new Unconfirmed("the store never confirmed it");
        if (last > now) return new Unconfirmed($"the store confirmed it at {last:u}, and this machine's clock says {now:u}");
        return now - last <= most ? new Current() : new Unconfirmed($"the store last confirmed it at {last:u}: since then this host may have been taken for dead");
    }

    /// <summary>Null: it is current.</summary>
    public string? Reason => this switch
    {
        Restored copy => copy.Why,
        Unconfirmed stale => stale.Why,
        _ => null,
    };
}
