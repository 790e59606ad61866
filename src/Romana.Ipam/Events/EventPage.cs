using System.Collections.Immutable;

namespace Romana.Ipam.Events;

/// <summary>Something that happened, to be told to people.</summary>
/// <param name="Kind">CamelCase word: "Failover", "RouteFight", or the type of a condition that came or went.</param>
/// <param name="About">Name of the host, id of the table, destination, or network that it is about.</param>
/// <param name="Message">One sentence with the reason.</param>
public readonly record struct Happening(string Kind, string About, string Message);

/// <summary>A happening as it is kept: one entry for all of the same kind about the same thing with the same words in one hour.</summary>
public sealed record EventEntry
{
    public required string Kind { get; init; }
    public required string About { get; init; }
    public required string Message { get; init; }
    public required DateTimeOffset First { get; init; }
    public required DateTimeOffset Last { get; init; }
    public required int Count { get; init; }
}

/// <summary>
/// The events of one hour. Key: the hour in UTC, "2026-11-24T13", so that keys sort by time. No status. Bounded in
/// size whatever happens; deleted a day later by the write of another page.
/// </summary>
public sealed record EventPage
{
    public required string Hour { get; init; }

    /// <summary>In the order in which they first happened.</summary>
    public ImmutableArray<EventEntry> Entries { get; init; } = [];
}
