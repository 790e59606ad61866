using System.Collections.Immutable;
using System.Globalization;

namespace Romana.Ipam.Events;

/// <summary>
/// How happenings become pages. Pure. A storm collapses into counts: the same words at once, other words about one thing
/// after <see cref="WordsEach"/> of them, everything of a kind once the page is full.
/// </summary>
public static class EventPages
{
    /// <summary>Events are kept this long at least, and an hour more at most while anything happens.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(1);

    /// <summary>Entries of a page before kinds collapse; each kind adds one more at most.</summary>
    public const int Full = 100;

    /// <summary>Different messages of one kind about one thing in one page.</summary>
    public const int WordsEach = 5;

    /// <summary>Characters of a message; the rest is cut off.</summary>
    public const int Longest = 400;

    /// <summary>What an entry is about that stands for many.</summary>
    public const string Several = "several";

    private const string Format = "yyyy-MM-dd'T'HH";

    public static string HourOf(DateTimeOffset at) => at.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    /// <summary>True for the name of a page of which every entry is older than a day, and for what is no page's name.</summary>
    public static bool IsOver(string hour, DateTimeOffset now) =>
        !DateTimeOffset.TryParseExact(hour, Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var begin)
        || now - begin > Life + TimeSpan.FromHours(1);

    /// <summary>The page with what happened since; <paramref name="page"/> is of the hour of <paramref name="now"/>.</summary>
    public static EventPage With(EventPage page, IEnumerable<Happening> happened, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(page);
        ArgumentNullException.ThrowIfNull(happened);
        var entries = page.Entries.ToBuilder();
        foreach (var one in happened) Add(entries, one with { Message = Cut(one.Message) }, now);
        return page with { Entries = entries.ToImmutable() };
    }

    private static void Add(ImmutableArray<EventEntry>.Builder entries, Happening one, DateTimeOffset now)
    {
        if (Find(entries, entry => Same(entry, one) && entry.Message == one.Message) is { } same)
            entries[same] = Again(entries[same], one, now);
        else if (entries.Count(entry => Same(entry, one)) >= WordsEach && Find(entries, entry => Same(entry, one)) is { } last)
            entries[last] = Again(entries[last], one, now);
        else if (entries.Count < Full) entries.Add(New(one, now));
        else if (Find(entries, entry => entry.Kind == one.Kind && entry.About == Several) is { } many)
            entries[many] = Again(entries[many], one, now);
        else entries.Add(New(one with { About = Several, Message = Cut($"{one.About}: {one.Message}") }, now));
    }

    /// <summary>Position of the last that holds.</summary>
    private static int? Find(ImmutableArray<EventEntry>.Builder entries, Func<EventEntry, bool> holds)
    {
        for (var i = entries.Count - 1; i >= 0; i--)
            if (holds(entries[i])) return i;
        return null;
    }

    private static bool Same(EventEntry entry, Happening one) => entry.Kind == one.Kind && entry.About == one.About;

    private static EventEntry New(Happening one, DateTimeOffset now) =>
        new() { Kind = one.Kind, About = one.About, Message = one.Message, First = now, Last = now, Count = 1 };

    /// <summary>With the newest words: what stands for many tells of the last of them.</summary>
    private static EventEntry Again(EventEntry entry, Happening one, DateTimeOffset now) => entry with
    {
        Message = entry.About == one.About ? one.Message : Cut($"{one.About}: {one.Message}"),
        Last = now,
        Count = entry.Count + 1,
    };

    private static string Cut(string message) => message.Length <= Longest ? message : string.Concat(message.AsSpan(0, Longest - 3), "...");
}
