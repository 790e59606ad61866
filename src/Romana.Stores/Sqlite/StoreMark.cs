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
    /// <summary>Byte of the note's file, past its text, whose holder writes it.</summary>
    private const long Turn = 4096;

    private readonly SafeFileHandle? _file;
    private readonly string _path;

    /// <summary>Without a note (no permission, no space) a rewound store is merely not noticed here; hosts still report.</summary>
    public StoreMark(string databasePath)
    {
        _path = databasePath + "-mark";
        try
        {
            _file = File.OpenHandle(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            _file = null;
        }
    }

    /// <summary>
    /// There is a file for it. Every opener of a database without commits writes the note before it can commit, so a
    /// database with commits and an empty note was copied here without it: how old the copy is nobody knows.
    /// </summary>
    public bool IsKept => _file is not null;

    public (string StoreId, long Sequence)? Read()
    {
        if (_file is null) return null;
        Span<byte> bytes = stackalloc byte[64];
        var fields = Encoding.UTF8.GetString(bytes[..RandomAccess.Read(_file, bytes, 0)]).Split(' ', '\n');
        return fields.Length >= 2 && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? (fields[0], sequence)
            : null;
    }

    /// <summary>
    /// Never back: two processes commit one after the other and come here in any order, and a note that is behind would
    /// let a copy made in between go unnoticed.
    /// </summary>
    public void Write(string storeId, long sequence) => Note(storeId, sequence, isBack: false);

    /// <summary>Once its going back was noticed.</summary>
    public void GoBack(string storeId, long sequence) => Note(storeId, sequence, isBack: true);

    private void Note(string storeId, long sequence, bool isBack)
    {
        if (_file is null) return;
        try
        {
            using var turn = OpenFileLock.Wait(_path, Turn);
            if (!isBack && Read() is var (id, noted) && id == storeId && noted >= sequence) return;
            RandomAccess.Write(_file, Encoding.UTF8.GetBytes($"{storeId} {sequence:d20}\n"), 0);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // A full disk: the note stays behind, which is harmless.
        }
    }

    public void Dispose() => _file?.Dispose();
}
