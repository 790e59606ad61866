using Romana.Ipam.Stores;
using Romana.Stores.Sqlite;
using Romana.Testing.Stores;

namespace Romana.Stores.Tests.Sqlite;

public sealed class SqliteJournalTests : JournalContract
{
    private readonly TemporaryFolder _folder = new();
    private SqliteJournal _journal;

    public SqliteJournalTests() => _journal = Open();

    protected override IJournal Journal => _journal;

    protected override void Reopen()
    {
        _journal.Dispose();
        _journal = Open();
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Dispose();
    }

    [Fact]
    public void A_second_agent_on_one_journal_is_told_so()
    {
        var fault = Assert.Throws<JournalUnavailableException>(Open);
        Assert.Contains(_folder.File("journal.db"), fault.Message, StringComparison.Ordinal);
        Assert.Contains("locked by another process", fault.Message, StringComparison.Ordinal);
    }

    private SqliteJournal Open() => SqliteJournal.Open(
        new SqliteJournalOptions { Path = _folder.File("journal.db"), LockTimeout = TimeSpan.FromMilliseconds(50) });
}
