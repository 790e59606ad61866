using SQLitePCL;

namespace Romana.Stores.Sqlite;

/// <summary>SQLite said no. Code: extended result code (https://sqlite.org/rescode.html).</summary>
internal sealed class SqliteRefusal(int code, string text) : Exception($"SQLite error {code}: {text}")
{
    public int Code => code;

    public int Primary => code & 0xff;
}

/// <summary>
/// One connection, for one thread at a time. Straight over the C interface: the ADO layer costs more than a journal
/// commit itself, and waits for locks by sleeping.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly List<SqliteStatement> _statements = [];

    static SqliteDatabase() => Batteries_V2.Init();

    private SqliteDatabase(sqlite3 handle) => _handle = handle;

    /// <summary>True when the file or its file system does not allow writing; SQLite falls back to that silently.</summary>
    public bool IsReadOnly => raw.sqlite3_db_readonly(_handle, "main") == 1;

    public static SqliteDatabase Open(string path, bool create, TimeSpan lockTimeout)
    {
        var flags = raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_NOMUTEX | (create ? raw.SQLITE_OPEN_CREATE : 0);
        var code = raw.sqlite3_open_v2(path, out var handle, flags, null);
        var database = new SqliteDatabase(handle);
        try
        {
            database.Check(code);
            raw.sqlite3_extended_result_codes(handle, 1);
            database.Check(raw.sqlite3_busy_timeout(handle, (int)lockTimeout.TotalMilliseconds));
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Compiled once and kept until the connection closes.</summary>
    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle));
        var statement = new SqliteStatement(this, handle);
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Any number of statements, whose rows are dropped.</summary>
    public void Execute(string sql)
    {
        var code = raw.sqlite3_exec(_handle, sql, null, null, out _);
        Check(code);
    }

    /// <summary>First column of the first row.</summary>
    public string? Scalar(string sql)
    {
        using var statement = PrepareOnce(sql);
        return statement.Step() ? statement.Text(0) : null;
    }

    /// <summary>For one use; the caller disposes it.</summary>
    public SqliteStatement PrepareOnce(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_handle, sql, 0, out var handle));
        return new SqliteStatement(this, handle);
    }

    public void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
            throw new SqliteRefusal(
                Math.Max(raw.sqlite3_extended_errcode(_handle), code), raw.sqlite3_errmsg(_handle).utf8_to_string());
    }

    /// <summary>Ends whatever transaction an error left open.</summary>
    public void RollBack()
    {
        if (raw.sqlite3_get_autocommit(_handle) == 0) _ = raw.sqlite3_exec(_handle, "ROLLBACK", null, null, out _);
    }

    public void Dispose()
    {
        foreach (var statement in _statements) statement.Dispose();
        _statements.Clear();
        _handle.Dispose();
    }
}
