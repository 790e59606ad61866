using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Romana.Stores.Sqlite;

/// <summary>
/// A note beside the database: whose it is and how far it was. A database that is behind its note was restored from a
/// backup. Written after the commit and never synced, so after a power loss it can be behind and never ahead.
/// </summary>
internal sealed class StoreMark : IDisposable
{
    private readonly SafeFileHandle? _file;

    /// <summary>Without a note (no permission, no space) a rewound store is merely not noticed here; hosts still report.</summary>
    public StoreMark(string databasePath)
    {
        try
        {
            _file = File.OpenHandle(databasePath + "-mark", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _file = null;
        }
    }

    public (string StoreId, long Sequence)? Read()
    {
        if (_file is null) return null;
        Span<byte> bytes = stackalloc byte[64];
        var fields = Encoding.UTF8.GetString(bytes[..RandomAccess.Read(_file, bytes, 0)]).Split(' ', '\n');
        return fields.Length >= 2 && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? (fields[0], sequence)
            : null;
    }

    public void Write(string storeId, long sequence)
    {
        if (_file is null) return;
        try
        {
            RandomAccess.Write(_file, Encoding.UTF8.GetBytes($"{storeId} {sequence:d20}\n"), 0);
        }
        catch (IOException)
        {
            // A full disk: the note stays behind, which is harmless.
        }
    }

    public void Dispose() => _file?.Dispose();
}
