using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Control;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Health;

/// <summary>Runs the sources of one term and keeps <see cref="World.Health"/> what they say together.</summary>
internal sealed partial class HealthBoard(EngineParts parts, World world, IReadOnlyList<IHealthSource> sources)
{
    private static readonly TimeSpan AfterFault = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Review = TimeSpan.FromSeconds(1);

    /// <summary>So long the last words of a source stand that fails whenever it begins anew.</summary>
    private static readonly TimeSpan WordsLast = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly ILogger _log = parts.Logs.CreateLogger("romana.health");
    private readonly HealthRecorder _recorder = new(parts, world);
    private readonly HoldDown _hold = new(parts.Options.ProbeRules);
    private readonly long _began = parts.Clock.GetTimestamp();
    private ImmutableSortedDictionary<string, SourceWords> _words = ImmutableSortedDictionary<string, SourceWords>.Empty;
    private ImmutableArray<Condition> _standing = [];

    /// <summary>
    /// Before the first plan: each source's words of the last term stand until it speaks. A host that was dead then is
    /// not to be chosen in the meantime.
    /// </summary>
    /// <exception cref="StoreUnavailableException"/>
    public async Task RememberAsync(CancellationToken cancel)
    {
        var hosts = await parts.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false);
        var notes = HealthRecorder.Read(hosts.Items.Select(host => host.Spec)).Where(note => sources.Any(source => source.Name == note.Source)).ToList();
        _words = notes.GroupBy(note => note.Source, StringComparer.Ordinal).ToImmutableSortedDictionary(source => source.Key, source => new SourceWords
        {
            Hosts = source.ToImmutableSortedDictionary(note => note.Host, note => new HostWord(note.Judged.Health, note.Judged.Why)),
        }, StringComparer.Ordinal);
        world.Health = new HealthPicture { Hosts = notes.ToImmutableSortedDictionary(note => note.Host, note => note.Judged) };
        _hold.Remember(world.Health, parts.Clock.GetUtcNow(), parts.Clock.GetElapsedTime(_began));
        parts.State.Update(state => state with { Health = world.Health });

        // Notes of sources that do not run any more are to go.
        _recorder.Wake();
    }

    public Task RunAsync(CancellationToken cancel) => Task.WhenAll(sources.Select(source => RunAsync(source, cancel)).Append(_recorder.RunAsync(cancel)).Append(ReviewAsync(cancel)));

    /// <summary>The loop's edge of one source: its defect must neither end the controller nor the other sources.</summary>
    private async Task RunAsync(IHealthSource source, CancellationToken cancel)
    {
        long? failsSince = null;
        void Hear(SourceWords words)
        {
            failsSince = null;
            Say(source.Name, words);
        }

        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await source.RunAsync(() => world.Watched, Hear, cancel).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The loop's edge: whatever a source's defect is, nothing moves for it.
            catch (Exception error)
#pragma warning restore CA1031
            {
                LogFault(error, source.Name);
            }

            // A fault of the source is no news of any host: a dead one must not be chosen because somebody fell over.
            failsSince ??= parts.Clock.GetTimestamp();
            if (parts.Clock.GetElapsedTime(failsSince.Value) >= WordsLast) Say(source.Name, SourceWords.Nothing);
            await Task.Delay(AfterFault, parts.Clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What the hold-down put off is told when its time has come, though nobody says anything new.</summary>
    private async Task ReviewAsync(CancellationToken cancel)
    {
        try
        {
            using var timer = new PeriodicTimer(Review, parts.Clock);
            while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false)) Tell(words => words, onlyDue: true);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The controller ends.
        }
    }

    private void Say(string source, SourceWords words) => Tell(all => all.SetItem(source, words), onlyDue: false);

    private void Tell(Func<ImmutableSortedDictionary<string, SourceWords>, ImmutableSortedDictionary<string, SourceWords>> next, bool onlyDue)
    {
        HealthPicture before, now;
        lock (_gate)
        {
            var at = parts.Clock.GetElapsedTime(_began);
            if (onlyDue && !_hold.IsDue(at)) return;
            _words = next(_words);
            before = world.Health;
            world.Health = now = _hold.Hold(HealthJoin.Join(before, _words, parts.Clock.GetUtcNow()), at);
            (string, string)[] standing = now.Blind is { } why ? [("Blind", $"nothing is moved by what is not seen: {why}")] : [];
            _standing = ConditionBoard.Next(_standing, standing, parts.Clock.GetUtcNow());
            parts.Conditions.Set("health", _standing);
            parts.State.Update(state => state with { Health = now });
        }

        _recorder.Wake();
        if (now.DecidesLike(before)) return;
        Log(before, now);
        world.Tell(Changed.Health);
    }

    private void Log(HealthPicture before, HealthPicture now)
    {
        var names = world.Watched.ToDictionary(host => host.Uid, host => host.Name);
        foreach (var (uid, host) in now.Hosts)
        {
            if ((before.Of(uid)?.Health ?? HostHealth.Up) != host.Health) LogHost(names.GetValueOrDefault(uid, uid.Text), host.Health, host.Why);
        }

        if (now.Blind is { } why && before.Blind is null) LogBlind(why);
        if (now.Blind is null && before.Blind is not null) LogSeeing();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Host} is {Health}: {Why}")]
    private partial void LogHost(string host, HostHealth health, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "nothing is moved by what is not seen: {Why}")]
    private partial void LogBlind(string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "the hosts are seen again")]
    private partial void LogSeeing();

    [LoggerMessage(Level = LogLevel.Error, Message = "health source {Source} failed; it begins anew")]
    private partial void LogFault(Exception error, string source);
}
