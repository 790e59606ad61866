namespace Romana.Ipam.Stores;

/// <summary>What one write does to the record that it meets; the rule of every store that sees both at one instant.</summary>
public abstract record ConditionalWrite
{
    private ConditionalWrite() { }

    /// <summary>The record as it is from now on, but for its version, which the store gives. Before: null when it is new.</summary>
    public sealed record Put(StoredRecord? Before, StoredRecord After) : ConditionalWrite;

    public sealed record Remove(StoredRecord Before) : ConditionalWrite;

    /// <summary>Nothing happens.</summary>
    public sealed record Refused(WriteResult Result) : ConditionalWrite;

    public static ConditionalWrite Judge(Write write, StoredRecord? current)
    {
        ArgumentNullException.ThrowIfNull(write);
        return (write, current) switch
        {
            (Write.Create create, null) => new Put(null, new StoredRecord
            {
                Key = create.Key,
                Uid = Stamp.New(),
                Version = default,
                Stamp = create.Stamp,
                Host = Known(create.Host),
                Spec = create.Spec,
            }),
            (Write.Create, { } standing) => new Refused(new WriteResult.Exists(standing)),
            (Write.UpdateSpec update, { } standing) when Holds(update.Expected, standing) =>
                new Put(standing, standing with { Stamp = update.Stamp, Host = Known(update.Host), Spec = update.Spec }),
            (Write.UpdateStatus update, { } standing) when Holds(update.Expected, standing) =>
                new Put(standing, standing with { Stamp = update.Stamp, Status = update.Status }),
            (Write.Delete delete, { } standing) when Holds(delete.Expected, standing) => new Remove(standing),
            (Write.UpdateSpec or Write.UpdateStatus or Write.Delete, _) => new Refused(new WriteResult.Conflict(current)),
            _ => throw new NotSupportedException(write.GetType().Name),
        };
    }

    private static bool Holds(Expected expected, StoredRecord current) => expected == new Expected(current.Version, current.Uid);

    /// <summary>No host is no text at all, however it was written.</summary>
    private static Hosts.HostUid Known(Hosts.HostUid host) => host.IsNone ? default : host;
}
