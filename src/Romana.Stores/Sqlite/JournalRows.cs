using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Stores;

namespace Romana.Stores.Sqlite;

/// <summary>The journal's tables over its one connection: every row once at start, then one statement per change.</summary>
internal sealed class JournalRows(SqliteDatabase database)
{
    public const string Sql = """
        CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 0), boot TEXT NOT NULL, counter INTEGER NOT NULL, restored INTEGER NOT NULL);
        INSERT INTO head VALUES (0, '', 0, 0);
        CREATE TABLE block (first TEXT, length INTEGER, network TEXT NOT NULL, epoch INTEGER NOT NULL, bound INTEGER NOT NULL,
            tenant TEXT, segment TEXT, returned INTEGER NOT NULL, routed INTEGER NOT NULL, recalled INTEGER NOT NULL,
            doubted INTEGER NOT NULL, agreed TEXT, PRIMARY KEY (first, length)) WITHOUT ROWID;
        CREATE TABLE attachment (address TEXT PRIMARY KEY, container TEXT NOT NULL, interface TEXT NOT NULL,
            network TEXT NOT NULL, tenant TEXT, segment TEXT, since INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE release (address TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID
        """;

    private readonly SqliteStatement _head = database.Prepare("UPDATE head SET boot = ?1, counter = ?2, restored = ?3");
    private readonly SqliteStatement _putBlock = database.Prepare("REPLACE INTO block VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    private readonly SqliteStatement _removeBlock = database.Prepare("DELETE FROM block WHERE first = ?1 AND length = ?2");
    private readonly SqliteStatement _attach = database.Prepare("INSERT INTO attachment VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    private readonly SqliteStatement _detach = database.Prepare("DELETE FROM attachment WHERE address = ?1");
    private readonly SqliteStatement _release = database.Prepare("REPLACE INTO release VALUES (?1, ?2)");
    private readonly SqliteStatement _forget = database.Prepare("DELETE FROM release WHERE address = ?1");

    public JournalContents Load() => new(
        All("SELECT boot, counter, restored FROM head",
            row => new JournalHead(row.Text(0)!, row.Number(1), row.Number(2) == 0 ? null : Instant(row.Number(2)))).Single(),
        All("SELECT first, length, network, epoch, bound, tenant, segment, returned, routed, recalled, doubted, agreed FROM block ORDER BY first, length", Block),
        All("SELECT address, container, interface, network, tenant, segment, since FROM attachment ORDER BY address", Attachment),
        All("SELECT address, at FROM release ORDER BY address",
            row => new JournalRelease(AddressKey.Parse(row.Text(0)!), Instant(row.Number(1)))));

    public void Head(JournalHead head) => _head.Bind(1, head.BootId).Bind(2, head.Counter).Bind(3, head.RestoredAt?.UtcTicks ?? 0).Run();

    /// <param name="before">The state that the change meets: it knows which addresses a detached key has.</param>
    public void Write(JournalChange change, JournalState before)
    {
        switch (change)
        {
            case JournalChange.PutBlock put:
                Put(put.Block);
                break;
            case JournalChange.RemoveBlock remove:
                _removeBlock.Bind(1, AddressKey.Of(remove.Cidr.First)).Bind(2, remove.Cidr.Length).Run();
                break;
            case JournalChange.Attach attach:
                Attach(attach.Attachment);
                break;
            case JournalChange.Detach detach:
                foreach (var address in before.AddressesOf(detach.Key)) _detach.Bind(1, AddressKey.Of(address)).Run();
                break;
            case JournalChange.Release release:
                _release.Bind(1, AddressKey.Of(release.Row.Address)).Bind(2, release.Row.At.UtcTicks).Run();
                break;
            case JournalChange.ForgetRelease forget:
                _forget.Bind(1, AddressKey.Of(forget.Address)).Run();
                break;
            case JournalChange.SetBoot or JournalChange.SetRestored:
                // In the head, which every commit writes.
                break;
            default:
                throw new NotSupportedException(change.GetType().Name);
        }
    }

    private void Put(JournalBlock block) => _putBlock
        .Bind(1, AddressKey.Of(block.Cidr.First)).Bind(2, block.Cidr.Length).Bind(3, block.Network).Bind(4, block.Epoch)
        .Bind(5, block.Owner is null ? 0 : 1).Bind(6, block.Owner?.Tenant).Bind(7, block.Owner?.Segment)
        .Bind(8, block.Returned ? 1 : 0).Bind(9, block.Routed ? 1 : 0).Bind(10, block.Recalled ? 1 : 0)
        .Bind(11, block.Doubted ? 1 : 0).Bind(12, block.AgreedTo).Run();

    private void Attach(JournalAttachment row) => _attach
        .Bind(1, AddressKey.Of(row.Address)).Bind(2, row.Key.ContainerId).Bind(3, row.Key.Interface).Bind(4, row.Network)
        .Bind(5, row.Owner.Tenant).Bind(6, row.Owner.Segment).Bind(7, row.Since.UtcTicks).Run();

    private static JournalBlock Block(SqliteStatement row) => new(
        Cidr.Around(AddressKey.Parse(row.Text(0)!), (int)row.Number(1)), row.Text(2)!, row.Number(3),
        row.Number(4) == 0 ? null : new Owner(row.Text(5), row.Text(6)), row.Number(7) != 0)
    {
        Routed = row.Number(8) != 0,
        Recalled = row.Number(9) != 0,
        Doubted = row.Number(10) != 0,
        AgreedTo = row.Text(11),
    };

    private static JournalAttachment Attachment(SqliteStatement row) => new(
        new AttachmentKey(row.Text(1)!, row.Text(2)!), AddressKey.Parse(row.Text(0)!), row.Text(3)!,
        new Owner(row.Text(4), row.Text(5)), Instant(row.Number(6)));

    private static DateTimeOffset Instant(long ticks) => new(ticks, TimeSpan.Zero);

    private List<T> All<T>(string sql, Func<SqliteStatement, T> read)
    {
        var rows = new List<T>();
        using var query = database.PrepareOnce(sql);
        while (query.Step()) rows.Add(read(query));
        return rows;
    }
}
