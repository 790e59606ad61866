using System.Diagnostics;
using System.Text.Json;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Romana.Stores.Sqlite;

namespace Romana.Bench;

/// <summary>Figures of the SQLite store and journal, on the disk of the temporary folder. Medians.</summary>
public static class StoreFigures
{
    private const int Repeats = 5, Grants = 3_200, Batch = 64, Singles = 100, Commits = 20_000, Addresses = 150_000;

    public static IEnumerable<Figure> Measure()
    {
        var folder = Directory.CreateTempSubdirectory("romana-bench-").FullName;
        try
        {
            yield return BlockGrants(folder);
            yield return Attachments(folder);
            foreach (var figure in OneAllocation(folder)) yield return figure;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Figure BlockGrants(string folder)
    {
        using var store = SqliteStore.Open(new SqliteStoreOptions { Path = Path.Combine(folder, "grants.db") });
        var next = 0;
        var batched = Median(() => Rate(Grants, () =>
        {
            for (var i = 0; i < Grants / Batch; i++) Grant(store, ref next, Batch);
        }));
        var single = Median(() => Rate(Singles, () =>
        {
            for (var i = 0; i < Singles; i++) Grant(store, ref next, 1);
        }));
        return new($"block grants, SQLite, {Batch} a batch, durable against power loss",
            $"{batched:n0}/s", "5,000/s", $"one by one {single:n0}/s", single / batched);
    }

    private static void Grant(SqliteStore store, ref int next, int count)
    {
        var writes = new List<Write>(count);
        for (var i = 0; i < count; i++)
        {
            var cidr = Cidr.Parse("10.0.0.0/8").Slice(26, (UInt128)next++);
            writes.Add(RecordTypes.Blocks.Create(BlockKey.Of(cidr), Stamp.New(), new BlockSpec
            {
                Cidr = cidr,
                Network = "pods",
                Group = Cidr.Around(cidr.First, 16),
                Host = new HostUid($"h-{next % 1000:d32}"),
                Epoch = 1,
                Generation = 1,
                Intent = BlockIntent.Lent,
            }));
        }

        var results = store.WriteAsync(writes, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        if (!results.All(result => result is WriteResult.Committed)) throw new InvalidOperationException($"{results[0]}");
    }

    /// <summary>An agent's whole way to an address: chosen in its book, committed to its journal, answered. One caller, a commit each.</summary>
    private static Figure Attachments(string folder)
    {
        using var journal = Open(folder, "book.db");
        var book = Book(journal);
        var next = 0;
        void Attach()
        {
            var request = new AddressRequest { Key = new AttachmentKey($"{next++:x64}", "eth0"), Tenant = "default" };
            if (book.Attach(request, DateTimeOffset.UnixEpoch) is not AddressOutcome.Attached) throw new InvalidOperationException("the book is full");
        }

        var cpu = Environment.CpuUsage.TotalTime;
        var rate = Median(() => Rate(Commits, () =>
        {
            for (var i = 0; i < Commits; i++) Attach();
        }));
        // On a busy machine the rate says how busy it is; this says what an address costs.
        var cost = (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / (Repeats * Commits);
        var row = 0;
        var durable = Median(() => Rate(Singles, () =>
        {
            for (var i = 0; i < Singles; i++) journal.Commit([new JournalChange.Attach(Row(Addresses + row++))], Durability.PowerLoss);
        }));
        return new("address from the book and its journal, a commit each, durable against kill -9",
            $"{rate:n0}/s", "20,000/s", $"{cost:n0} µs of processor each; a commit durable against power loss {durable:n0}/s", durable / rate);
    }

    /// <summary>An agent that holds enough /26 blocks of 10.0.0.0/8.</summary>
    private static AddressBook Book(SqliteJournal journal)
    {
        var all = Cidr.Parse("10.0.0.0/8");
        journal.Commit([new JournalChange.SetBoot("boot"), .. Enumerable.Range(0, Repeats * Commits / 64 + 1)
            .Select(i => new JournalChange.PutBlock(new JournalBlock(all.Slice(26, (UInt128)i), "pods", 1, Owner.Host, false)))], Durability.PowerLoss);
        var book = AddressBook.Open(journal, new BookOpening { Now = DateTimeOffset.UnixEpoch, BootId = "boot" });
        var network = new Network { Name = "pods", Cidr = all, BlockMask = 26, Owner = OwnerMode.Host };
        book.Learn([new NetworkTerms { Network = network, Exclusions = Exclusions.Of(network, []) }]);
        return book;
    }

    /// <summary>With 150,000 addresses handed out already, one more.</summary>
    private static IEnumerable<Figure> OneAllocation(string folder)
    {
        using (var filling = Open(folder, "ours.db"))
        {
            for (var i = 0; i < Addresses; i += 1000)
                filling.Commit([.. Enumerable.Range(i, 1000).Select(n => new JournalChange.Attach(Row(n)))], Durability.ProcessCrash);
        }

        using var journal = Open(folder, "ours.db");
        var next = Addresses;
        var log = Path.Combine(folder, "ours.db-wal");
        long Length() => File.Exists(log) ? new FileInfo(log).Length : 0;
        journal.Commit([], Durability.ProcessCrash);
        var ourLog = Median(() =>
        {
            var before = Length();
            journal.Commit([new JournalChange.Attach(Row(next++))], Durability.ProcessCrash);
            return Length() - before;
        });
        var blobLog = Median(() => BlobScheme.LogBytesOfOneAllocation(Path.Combine(folder, "blob.db"), Addresses));
        var ourRecord = JsonSerializer.SerializeToUtf8Bytes(Row(next)).Length;
        var blobRecord = BlobScheme.State(Addresses + 1).Length;
        yield return new($"one allocation at {Addresses:n0} addresses, record bytes handed to the port",
            $"{ourRecord:n0} B", "10,000 times fewer", $"one JSON blob {blobRecord:n0} B", (double)blobRecord / ourRecord);
        yield return new($"one allocation at {Addresses:n0} addresses, bytes of the write-ahead log",
            $"{ourLog:n0} B", "500 times fewer", $"one JSON blob {blobLog:n0} B", blobLog / ourLog);
    }

    private static JournalAttachment Row(int i) => new(
        new AttachmentKey($"{i:x64}", "eth0"), IpAddress.Parse("10.0.0.0").Plus((UInt128)i), "pods", new Owner("default"),
        DateTimeOffset.UnixEpoch);

    private static SqliteJournal Open(string folder, string name) =>
        SqliteJournal.Open(new SqliteJournalOptions { Path = Path.Combine(folder, name) });

    private static double Rate(int count, Action work)
    {
        var started = Stopwatch.GetTimestamp();
        work();
        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static double Median(Func<double> measure)
    {
        var values = Enumerable.Range(0, Repeats).Select(_ => measure()).Order().ToArray();
        return values[Repeats / 2];
    }
}
