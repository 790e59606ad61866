namespace Romana.Stores.Sqlite;

public sealed record SqliteStoreOptions
{
    /// <summary>The database file, on a disk of this machine.</summary>
    public required string Path { get; init; }

    /// <summary>Make the file when it is not there; false for commands that only look.</summary>
    public bool Create { get; init; } = true;

    /// <summary>How long a call waits for another process' write.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a watch asks whether another process wrote.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Changes that a watch can go back, at the least.</summary>
    public int History { get; init; } = 50_000;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Type of the file system that holds a path; replaced by tests, which have no NFS at hand.</summary>
    public Func<string, string?> FileSystemOf { get; init; } = FileSystems.TypeOf;
}
