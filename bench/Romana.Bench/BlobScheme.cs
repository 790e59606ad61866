using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Romana.Bench;

/// <summary>
/// How Romana 2 kept its addresses: the whole allocator is one JSON value under one key, written anew at every
/// allocation. The same keys, without white space, in the same SQLite under the same settings, so that only the scheme
/// differs. Generous to it: no revision history, no locks, no groups above the one that holds the blocks.
/// </summary>
internal static class BlobScheme
{
    /// <summary>Addresses of one block of the old default, /29.</summary>
    private const int PerBlock = 8;

    /// <summary>The state with that many addresses handed out.</summary>
    public static byte[] State(int addresses)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("AllocationRevision", addresses);
            json.WriteNumber("TopologyRevision", 1);
            json.WriteStartObject("address_name_to_ip");
            for (var i = 0; i < addresses; i++) json.WriteString($"web-6d4cf56db6-{i:x5}.default", Address(i));
            json.WriteEndObject();
            WriteNetwork(json, (addresses + PerBlock - 1) / PerBlock);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>Bytes that the write-ahead log grew by for one allocation.</summary>
    public static long LogBytesOfOneAllocation(string path, int addresses)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
        Run(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0", null);
        Run(connection, "CREATE TABLE IF NOT EXISTS kv (key TEXT PRIMARY KEY, value BLOB)", null);
        Run(connection, "REPLACE INTO kv VALUES ('/romana/ipam/data', $value)", State(addresses));
        Run(connection, "PRAGMA wal_checkpoint(TRUNCATE)", null);
        Run(connection, "UPDATE kv SET value = $value WHERE key = '/romana/ipam/data'", State(addresses + 1));
        return new FileInfo(path + "-wal").Length;
    }

    private static void WriteNetwork(Utf8JsonWriter json, int blocks)
    {
        json.WriteStartObject("networks");
        json.WriteStartObject("pods");
        json.WriteString("cidr", "10.0.0.0/8");
        json.WriteNumber("block_mask", 29);
        json.WriteStartObject("groups");
        json.WriteStartObject("block_to_host");
        for (var i = 0; i < blocks; i++) json.WriteString($"{i}", $"ip-10-1-{i / 32 / 256}-{i / 32 % 256}");
        json.WriteEndObject();
        json.WriteStartObject("block_to_owner");
        for (var i = 0; i < blocks; i++) json.WriteString($"{i}", "default:");
        json.WriteEndObject();
        json.WriteStartArray("blocks");
        for (var i = 0; i < blocks; i++)
        {
            json.WriteStartObject();
            json.WriteString("cidr", $"{Address(i * PerBlock)}/29");
            json.WriteNumber("revision", PerBlock);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Address(int i) => $"10.{(i >> 16) & 255}.{(i >> 8) & 255}.{i & 255}";

    private static void Run(SqliteConnection connection, string sql, byte[]? value)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (value is not null) command.Parameters.AddWithValue("$value", Encoding.UTF8.GetString(value));
        command.ExecuteNonQuery();
    }
}
