using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Romana.Node.Agent.Memory;

/// <summary>
/// How far the journal has come in this boot: a line beside the socket, which is in memory there. A copy of the journal
/// that is put back does not bring it along. Written after each commit: it may lag one behind, and is never ahead.
/// </summary>
internal sealed class JournalMark : IDisposable
{
    // One line of one length: a write replaces all of it.
    private const int Length = 64;

    private readonly SafeFileHandle _file;
    private readonly string _bootId;
    private readonly Lock _turn = new();
    private long _written;

    private JournalMark(SafeFileHandle file, string bootId) => (_file, _bootId) = (file, bootId);

    /// <exception cref="IOException"/>
    public static JournalMark Open(string path, string bootId) =>
        new(File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite), bootId);

    /// <summary>Null: none of this boot.</summary>
    public long? Read()
    {
        var line = new byte[Length];
        var words = Encoding.ASCII.GetString(line, 0, RandomAccess.Read(_file, line, 0)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length >= 2 && words[0] == _bootId && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var counter) ? counter : null;
    }

    public void Reach(long counter)
    {
        lock (_turn)
        {
            if (counter <= _written) return;
            try
            {
                RandomAccess.Write(_file, Encoding.ASCII.GetBytes($"{_bootId} {counter} ".PadRight(Length - 1) + "\n"), 0);
                _written = counter;
            }
            catch (IOException)
            {
                // The commit is made and must be answered as such: the mark lags, which no start takes for a copy.
            }
        }
    }

    public void Dispose() => _file.Dispose();
}
