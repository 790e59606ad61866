using System.Globalization;

namespace Romana.Stores.Sqlite;

/// <summary>Opens a database file, or says in one sentence why not. Nothing is changed in a file that is not ours.</summary>
internal static class SqliteFile
{
    /// <param name="create">False: the file must be there.</param>
    /// <param name="fileSystemOf">Type of the file system that holds a path, as /proc/self/mountinfo spells it.</param>
    public sealed record Request(
        SqliteSchema Schema, string Path, bool Create, bool Exclusive, TimeSpan LockTimeout, Func<string, string?> FileSystemOf);

    /// <summary>Created: it was this call that made the file.</summary>
    public sealed record Opened(SqliteDatabase Database, bool Created);

    /// <summary>Throws the schema's fault.</summary>
    public static Opened Open(Request request)
    {
        var (schema, path) = (request.Schema, request.Path);
        CheckPlace(request);
        // Openers take turns: the switch to WAL waits for nobody, so that one who only looks would fail one who makes, and
        // one who looks in the middle of the making would take the file for another program's.
        using var turn = Turn(request);
        SqliteDatabase? database = null;
        try
        {
            database = SqliteDatabase.Open(path, request.Create, request.LockTimeout);
            if (database.IsReadOnly)
                throw schema.Fault($"the {schema.What} {path} is read-only: {SqliteSchema.Writable}", null);
            if (request.Exclusive) database.Execute("PRAGMA locking_mode=EXCLUSIVE");
            var created = IsBlank(database, request) && Initialise(database, schema);
            CheckHeader(database, request);
            return new Opened(database, created);
        }
        catch (SqliteRefusal refusal)
        {
            database?.Dispose();
            throw schema.Fault(schema.Explain(refusal, path), refusal);
        }
        catch
        {
            database?.Dispose();
            throw;
        }
    }

    private static void CheckPlace(Request request)
    {
        var (schema, path) = (request.Schema, request.Path);
        var folder = Path.GetDirectoryName(path);
        if (!Directory.Exists(folder))
            throw schema.Fault($"the {schema.What} {path} has no folder: make {folder} first, or name another path", null);
        if (Directory.Exists(path))
            throw schema.Fault($"the {schema.What} {path} is a folder: name a file in it, such as {path}/romana.db", null);
        if (!request.Create && !File.Exists(path))
            throw schema.Fault($"there is no {schema.What} at {path}: name the file that `romana controller` uses, or start it", null);
        if (FileSystems.IsShared(request.FileSystemOf(path)) is { } type)
            throw schema.Fault($"the {schema.What} {path} is on a network file system ({type}), where SQLite's locks do not "
                + "hold and data is lost: use a disk of this machine", null);
    }

    /// <summary>True for an empty database; throws for one that belongs to somebody else.</summary>
    private static bool IsBlank(SqliteDatabase database, Request request)
    {
        if (Pragma(database, "application_id") != 0 || Pragma(database, "user_version") != 0) return false;
        if (database.Scalar("SELECT count(*) FROM sqlite_schema") != "0") throw Foreign(request);
        if (request.Create) return true;
        throw request.Schema.Fault($"the {request.Schema.What} {request.Path} is empty: start `romana controller` to fill it", null);
    }

    private static bool Initialise(SqliteDatabase database, SqliteSchema schema)
    {
        database.Execute($"PRAGMA page_size={schema.PageSize}; PRAGMA journal_mode=WAL; BEGIN IMMEDIATE");
        database.Execute($"{schema.Sql}; PRAGMA application_id={schema.ApplicationId}; PRAGMA user_version={schema.Version}; COMMIT");
        return true;
    }

    private static OpenFileLock Turn(Request request)
    {
        try
        {
            return OpenFileLock.Wait(LockPath(request.Path), OpenFileLock.Opening);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw request.Schema.Fault(
                $"the {request.Schema.What} {request.Path} cannot be opened ({fault.Message}): {SqliteSchema.Writable}", fault);
        }
    }

    private static void CheckHeader(SqliteDatabase database, Request request)
    {
        var schema = request.Schema;
        if (Pragma(database, "application_id") != schema.ApplicationId) throw Foreign(request);
        var version = Pragma(database, "user_version");
        if (version != schema.Version)
            throw schema.Fault($"the {schema.What} {request.Path} has format {version} and this program knows {schema.Version}: "
                + (version > schema.Version ? "use the newer program that wrote it" : "use a program that can convert it"), null);
    }

    private static Exception Foreign(Request request) => request.Schema.Fault(
        $"{request.Path} is an SQLite database of another program, not a Romana {request.Schema.What}: name another path", null);

    private static long Pragma(SqliteDatabase database, string name) =>
        long.Parse(database.Scalar($"PRAGMA {name}") ?? "0", CultureInfo.InvariantCulture);

    /// <summary>The file beside the database that is only locked, never replaced.</summary>
    public static string LockPath(string path) => path + "-lock";
}
