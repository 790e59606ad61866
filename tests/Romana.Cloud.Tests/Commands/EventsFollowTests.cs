using System.Text;
using Microsoft.Extensions.Time.Testing;
using Romana.Cloud.Commands.Frame;
using Romana.Ipam.Events;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Tests.Commands;

public sealed class EventsFollowTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Following_tells_what_was_what_comes_and_what_comes_again_and_ends_well_when_interrupted()
    {
        var store = await SampleState.StoreAsync();
        using var stop = new CancellationTokenSource();
        using var lines = new LineSignals();
        var around = new Surroundings { Out = lines, Error = TextWriter.Null, Clock = new FakeTimeProvider(SampleState.Since), OpenStore = (_, _) => ValueTask.FromResult(new OpenedStore(store)) };
        var run = RomanaProgram.RunAsync(["events", "--follow", "--kind", "Failover", "--since", "2h"], around, stop.Token);
        await lines.UntilAsync("Failover  node-2", Limit);

        await HappenAsync(store, new Happening("Conflict", "rtb-a", "not asked for"), new Happening("Failover", "node-9", "moved"));
        await lines.UntilAsync("2026-03-01 12:00:00Z  1  Failover  node-9  moved", Limit);
        await HappenAsync(store, new Happening("Failover", "node-9", "moved"));
        await lines.UntilAsync("2026-03-01 12:00:00Z  2  Failover  node-9  moved", Limit);

        await stop.CancelAsync();
        Assert.Equal(0, await run.WaitAsync(Limit, TestContext.Current.CancellationToken));
        Assert.DoesNotContain("Conflict", lines.Text, StringComparison.Ordinal);
        Assert.Equal(3, lines.Text.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Yaml_has_an_end_and_following_has_none() =>
        Assert.Equal(2, (await ProgramRun.Of(await SampleState.StoreAsync(), ["events", "--follow", "-o", "yaml"])).ExitCode);

    private static async Task HappenAsync(IStore store, params Happening[] happened)
    {
        var hour = EventPages.HourOf(SampleState.Since);
        var current = await store.GetAsync(RecordTypes.Events, hour, Consistency.Linearizable, default);
        var page = EventPages.With(current?.Spec ?? new EventPage { Hour = hour }, happened, SampleState.Since);
        Write write = current is null ? RecordTypes.Events.Create(hour, Stamp.New(), page) : RecordTypes.Events.UpdateSpec(current, Stamp.New(), page);
        Assert.IsType<WriteResult.Committed>(await store.WriteAsync(write, default));
    }

    /// <summary>What was written so far, and a wait for more of it.</summary>
    private sealed class LineSignals : StringWriter
    {
        private readonly Lock _gate = new();
        private readonly StringBuilder _text = new();
        private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public LineSignals() => NewLine = "\n";

        public string Text
        {
            get { lock (_gate) return _text.ToString(); }
        }

        public override void WriteLine(string? value)
        {
            lock (_gate)
            {
                _text.Append(value).Append('\n');
                _more.TrySetResult();
                _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public async Task UntilAsync(string words, TimeSpan limit)
        {
            while (true)
            {
                Task more;
                lock (_gate)
                {
                    if (_text.ToString().Contains(words, StringComparison.Ordinal)) return;
                    more = _more.Task;
                }

                await more.WaitAsync(limit);
            }
        }
    }
}
