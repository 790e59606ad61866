using SQLitePCL;

namespace Romana.Stores.Sqlite;

/// <summary>A compiled statement: bind, step, read the columns, run again.</summary>
internal sealed class SqliteStatement(SqliteDatabase database, sqlite3_stmt handle) : IDisposable
{
    public SqliteStatement Bind(int index, string? value)
    {
        database.Check(value is null ? raw.sqlite3_bind_null(handle, index) : raw.sqlite3_bind_text(handle, index, value));
        return this;
    }

    public SqliteStatement Bind(int index, long value)
    {
        database.Check(raw.sqlite3_bind_int64(handle, index, value));
        return this;
    }

    /// <summary>True with a row; after the last row or an error the statement is ready to run again.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(handle);
        if (code == raw.SQLITE_ROW) return true;
        try
        {
            database.Check(code);
        }
        finally
        {
            Reset();
        }

        return false;
    }

    /// <summary>Runs a statement whose rows, if any, do not matter.</summary>
    public void Run()
    {
        if (Step()) Reset();
    }

    /// <summary>Needed after a row when no further one is asked for: an open statement holds its read snapshot.</summary>
    public void Reset() => _ = raw.sqlite3_reset(handle);

    public string? Text(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL
        ? null
        : raw.sqlite3_column_text(handle, column).utf8_to_string();

    public long Number(int column) => raw.sqlite3_column_int64(handle, column);

    public void Dispose() => handle.Dispose();
}
