using System.Text.Json;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Stores.Sqlite;

namespace Romana.Node.Agent.Memory;

/// <summary>
/// All that an agent knows when it starts: its journal, what it read of the store last, and what the two are worth (decision
/// 0045). What it reads of the store later is kept here, written only when it changed.
/// </summary>
internal sealed partial class AgentMemory : IDisposable
{
    /// <summary>A host is not taken for dead by its silence before (the controller's NodeGone).</summary>
    private static readonly TimeSpan Trusted = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan ConfirmEvery = TimeSpan.FromSeconds(10);

    private readonly SqliteJournal _journal;
    private readonly JournalMark _mark;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private DateTimeOffset _confirmed;

    private AgentMemory(SqliteJournal journal, JournalMark mark, JournalTrust trust, TimeProvider clock, ILogger log)
    {
        (_journal, _mark, Trust, _clock, _log) = (journal, mark, trust, clock, log);
        Journal = new MarkedJournal(journal, mark);
        Mirror = new StoreMirror();
    }

    public IJournal Journal { get; }

    public JournalTrust Trust { get; }

    public StoreMirror Mirror { get; private set; }

    /// <summary>This host, as the store last showed it; null: nothing may be concluded from what was remembered.</summary>
    public HostSpec? Own { get; private set; }

    /// <param name="here">Addresses that the kernel shows on this machine.</param>
    /// <exception cref="IOException"/>
    /// <exception cref="JournalUnavailableException"/>
    public static AgentMemory Open(AgentOptions options, string bootId, IEnumerable<IpAddress> here, TimeProvider clock, ILogger log)
    {
        var journal = SqliteJournal.Open(new SqliteJournalOptions { Path = options.Journal });
        JournalMark? mark = null;
        try
        {
            mark = JournalMark.Open(Path.Combine(Path.GetDirectoryName(options.Socket)!, "journal-mark"), bootId);
            var (head, kept) = (journal.Load().Head, journal.Recall());
            var trust = JournalTrust.Judge(head, bootId, mark.Read(), kept?.Confirmed, clock.GetUtcNow(), Trusted);
            var memory = new AgentMemory(journal, mark, trust, clock, log);
            if (kept is not null) memory.Recall(kept, options, here);
            return memory;
        }
        catch
        {
            mark?.Dispose();
            journal.Dispose();
            throw;
        }
    }

    /// <summary>Keeps what the mirror has learnt; a journal that cannot be written is told and tried again with the next change.</summary>
    public void Keep(HostUid own)
    {
        var (now, (puts, gone)) = (_clock.GetUtcNow(), Mirror.Unsaved());
        if (puts.Count == 0 && gone.Count == 0 && now - _confirmed < ConfirmEvery && now >= _confirmed) return;
        try
        {
            _journal.Remember(own, now, puts, gone);
            _confirmed = now;
        }
        catch (JournalUnavailableException fault)
        {
            Mirror.Failed([.. puts.Select(record => record.Key), .. gone]);
            LogNotKept(fault.Message);
        }
    }

    public void Dispose()
    {
        _mark.Dispose();
        _journal.Dispose();
    }

    /// <summary>
    /// What is of no use goes at once: a later start would take it for this boot's. A machine that was cloned with its disk
    /// is another host.
    /// </summary>
    private void Recall(StoreMemory kept, AgentOptions options, IEnumerable<IpAddress> here)
    {
        try
        {
            if (Trust.Reason is { } why) LogDistrusted(why);
            else
            {
                var mirror = new StoreMirror(kept.Records);
                Own = mirror.View().Hosts.FirstOrDefault(host => host.Spec.Uid == kept.Own)?.Spec is { Condition: not HostCondition.Dead } known
                    && HostMatching.Score(known, OwnHost.Sighting(options, here)) > 0 ? known : null;
                if (Own is not null) Mirror = mirror;
            }
        }
        catch (JsonException)
        {
            // Of a program that wrote other records.
        }

        if (Own is null) _journal.Forget();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the journal alone is not enough to hand out addresses ({Why}): pods that stand go on, new ones wait for the store")]
    private partial void LogDistrusted(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "what the store says is not kept for the next start: {Why}")]
    private partial void LogNotKept(string why);
}
