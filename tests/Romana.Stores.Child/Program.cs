using System.Globalization;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Stores;
using Romana.Stores.Sqlite;

namespace Romana.Stores.Child;

/// <summary>The other process. Prints one line after each thing that was acknowledged to it, then flushes.</summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        // A broken pipe does not end a .NET program: without this an orphan would write for ever.
        if (args is not ["term", ..]) _ = Task.Run(() => { Console.In.ReadToEnd(); Environment.Exit(3); });
        return args switch
        {
            ["increment", var path, var count] => await IncrementAsync(path, Number(count)),
            ["create", var path, var count] => await CreateAsync(path, Number(count)),
            ["write", var path] => await WriteAsync(path),
            ["journal", var path] => Journal(path),
            ["term", var path] => await TermAsync(path),
            _ => 2,
        };
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static SqliteStore Open(string path) =>
        SqliteStore.Open(new SqliteStoreOptions { Path = path, LockTimeout = TimeSpan.FromSeconds(60) });

    private static async Task<int> IncrementAsync(string path, int count)
    {
        using var store = Open(path);
        var key = new RecordKey(RecordKind.Host, "counter");
        await store.WriteAsync(new Write.Create(key, Stamp.New(), "0", default), default);
        for (var done = 0; done < count;)
        {
            var now = (await store.GetAsync(key, Consistency.Linearizable, default))!;
            var next = (Number(now.Spec) + 1).ToString(CultureInfo.InvariantCulture);
            var result = await store.WriteAsync(
                new Write.UpdateSpec(key, Stamp.New(), new(now.Version, now.Uid), next, default), default);
            if (result is WriteResult.Committed) done++;
        }

        return 0;
    }

    /// <summary>Prints the slots that it was first to make.</summary>
    private static async Task<int> CreateAsync(string path, int count)
    {
        using var store = Open(path);
        for (var i = 0; i < count; i++)
        {
            var key = new RecordKey(RecordKind.Block, $"4-{i:x8}");
            var result = await store.WriteAsync(new Write.Create(key, Stamp.New(), "{}", default), default);
            if (result is WriteResult.Committed) Console.WriteLine(i);
        }

        return 0;
    }

    /// <summary>For ever: eight records that say the same number, in one batch.</summary>
    private static async Task<int> WriteAsync(string path)
    {
        using var store = Open(path);
        var keys = Enumerable.Range(0, 8).Select(i => new RecordKey(RecordKind.Block, $"4-{i:x8}")).ToArray();
        var records = (await store.ListAsync(RecordKind.Block, Selector.Everything, Consistency.Linearizable, default)).Items;
        for (var n = records.Count == 0 ? 1 : Number(records[0].Spec) + 1; ; n++)
        {
            var spec = n.ToString(CultureInfo.InvariantCulture);
            IReadOnlyList<Write> batch = records.Count == 0
                ? [.. keys.Select(key => new Write.Create(key, Stamp.New(), spec, default))]
                : [.. records.Select(r => new Write.UpdateSpec(r.Key, Stamp.New(), new(r.Version, r.Uid), spec, default))];
            records = [.. (await store.WriteAsync(batch, default)).Select(result => ((WriteResult.Committed)result).Record!)];
            Console.WriteLine(n);
        }
    }

    /// <summary>For ever: a dual-stack attachment per commit; every fourth commit detaches an old one and is durable.</summary>
    private static int Journal(string path)
    {
        using var journal = SqliteJournal.Open(new SqliteJournalOptions { Path = path });
        var four = IpAddress.Parse("10.0.0.0");
        var six = IpAddress.Parse("fd00::");
        for (var n = journal.Load().Head.Counter + 1; ; n++)
        {
            if (n % 4 == 0)
            {
                journal.Commit([new JournalChange.Detach(new($"c{n - 3}", "eth0")),
                    new JournalChange.Release(new(four.Plus((UInt128)(n - 3)), default))], Durability.PowerLoss);
            }
            else
            {
                var key = new AttachmentKey($"c{n}", "eth0");
                journal.Commit([
                    new JournalChange.Attach(new(key, four.Plus((UInt128)n), "pods", Owner.Host, default)),
                    new JournalChange.Attach(new(key, six.Plus((UInt128)n), "pods", Owner.Host, default))], Durability.ProcessCrash);
            }

            Console.WriteLine(n);
        }
    }

    /// <summary>Takes the term, prints its number, and holds it until its standard input ends.</summary>
    private static async Task<int> TermAsync(string path)
    {
        using var store = Open(path);
        using var term = await new SqliteTermSource(store).TryAcquireAsync($"child {Environment.ProcessId}", default);
        if (term is null) return 1;
        Console.WriteLine(term.Number);
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
