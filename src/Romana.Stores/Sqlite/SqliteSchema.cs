namespace Romana.Stores.Sqlite;

/// <summary>What a file of ours must be, and how people are told when it is not.</summary>
/// <param name="What">"store" or "journal".</param>
/// <param name="ApplicationId">PRAGMA application_id.</param>
/// <param name="Version">PRAGMA user_version.</param>
/// <param name="Sql">Makes an empty one.</param>
/// <param name="Fault">The port's exception.</param>
internal sealed record SqliteSchema(
    string What, int ApplicationId, int Version, int PageSize, string Sql, Func<string, Exception?, Exception> Fault)
{
    /// <summary>What is wrong, where, and what to do about it.</summary>
    public string Explain(SqliteRefusal refusal, string path)
    {
        var (wrong, remedy) = refusal.Primary switch
        {
            5 or 6 => ("is locked by another process for too long",
                $"see who holds it (fuser {path}) and try again; nothing was changed"),
            3 or 8 => ("cannot be written", Writable),
            11 or 26 => ($"is damaged or is not a Romana {What}",
                "move it away with its -wal file, then restore a backup or start with an empty one, "
                + "which the hosts fill again from what they hold"),
            13 => ("is on a full disk", "free space on its file system; what was there before is safe, and work goes on by itself"),
            14 => ("cannot be opened", "check that the path is a file in a folder that this user may write"),
            10 => ("met an input/output error", "check its disk (dmesg) and the free space on it; what was there before is safe"),
            _ => ("cannot be used", "see the error"),
        };
        return $"the {What} {path} {wrong} ({refusal.Message}): {remedy}";
    }

    public const string Writable =
        "make the file and its folder writable for this user, or remount its file system read-write";
}
