using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;

namespace Romana.Ipam.Stores;

/// <summary>Everything a journal holds at one instant, and what each change does to it. Immutable.</summary>
public sealed record JournalState
{
    public static readonly JournalState Empty = new();

    public JournalHead Head { get; private init; } = new("", 0);

    private ImmutableSortedDictionary<Cidr, JournalBlock> Blocks { get; init; } =
        ImmutableSortedDictionary<Cidr, JournalBlock>.Empty;

    private ImmutableSortedDictionary<IpAddress, JournalAttachment> Attachments { get; init; } =
        ImmutableSortedDictionary<IpAddress, JournalAttachment>.Empty;

    private ImmutableDictionary<AttachmentKey, ImmutableArray<IpAddress>> Keys { get; init; } =
        ImmutableDictionary<AttachmentKey, ImmutableArray<IpAddress>>.Empty;

    private ImmutableSortedDictionary<IpAddress, JournalRelease> Releases { get; init; } =
        ImmutableSortedDictionary<IpAddress, JournalRelease>.Empty;

    /// <summary>In address order.</summary>
    public JournalContents Contents => new(Head, [.. Blocks.Values], [.. Attachments.Values], [.. Releases.Values]);

    public static JournalState From(JournalContents contents)
    {
        ArgumentNullException.ThrowIfNull(contents);
        return new()
        {
            Head = contents.Head,
            Blocks = contents.Blocks.ToImmutableSortedDictionary(block => block.Cidr, block => block),
            Attachments = contents.Attachments.ToImmutableSortedDictionary(row => row.Address, row => row),
            Keys = contents.Attachments.GroupBy(row => row.Key)
                .ToImmutableDictionary(rows => rows.Key, rows => rows.Select(row => row.Address).ToImmutableArray()),
            Releases = contents.Releases.ToImmutableSortedDictionary(row => row.Address, row => row),
        };
    }

    public ImmutableArray<IpAddress> AddressesOf(AttachmentKey key) => Keys.GetValueOrDefault(key, []);

    /// <summary>The state after one commit.</summary>
    /// <param name="each">Told of every change and the state that it meets, just before it is made.</param>
    /// <exception cref="InvalidOperationException">An attach meets a used key or address.</exception>
    public JournalState After(IReadOnlyList<JournalChange> changes, Action<JournalChange, JournalState>? each = null)
    {
        ArgumentNullException.ThrowIfNull(changes);
        // One key may bring two addresses (dual stack), but only in one commit: what was there before counts.
        var fresh = new HashSet<AttachmentKey>();
        var after = this with { Head = Head with { Counter = Head.Counter + 1 } };
        foreach (var change in changes)
        {
            var next = after.With(change, fresh);
            each?.Invoke(change, after);
            after = next;
        }

        return after;
    }

    private JournalState With(JournalChange change, HashSet<AttachmentKey> fresh) => change switch
    {
        JournalChange.PutBlock put => this with { Blocks = Blocks.SetItem(put.Block.Cidr, put.Block) },
        JournalChange.RemoveBlock remove => this with { Blocks = Blocks.Remove(remove.Cidr) },
        JournalChange.Attach attach => With(attach.Attachment, fresh),
        JournalChange.Detach detach => Without(detach.Key),
        JournalChange.Release release => this with { Releases = Releases.SetItem(release.Row.Address, release.Row) },
        JournalChange.ForgetRelease forget => this with { Releases = Releases.Remove(forget.Address) },
        JournalChange.SetRestored restored => this with { Head = Head with { RestoredAt = restored.At } },
        JournalChange.SetBoot boot => this with { Head = Head with { BootId = boot.BootId } },
        _ => throw new NotSupportedException(change.GetType().Name),
    };

    private JournalState With(JournalAttachment row, HashSet<AttachmentKey> fresh)
    {
        if (Attachments.TryGetValue(row.Address, out var holder))
            throw new InvalidOperationException($"{row.Key}: address {row.Address} is attached to {holder.Key}");
        var held = AddressesOf(row.Key);
        if (held.Length > 0 && !fresh.Contains(row.Key))
            throw new InvalidOperationException($"{row.Key} is attached already, with {held[0]}");
        fresh.Add(row.Key);
        return this with
        {
            Attachments = Attachments.Add(row.Address, row),
            Keys = Keys.SetItem(row.Key, held.Add(row.Address)),
        };
    }

    private JournalState Without(AttachmentKey key) =>
        this with { Attachments = Attachments.RemoveRange(AddressesOf(key)), Keys = Keys.Remove(key) };
}
