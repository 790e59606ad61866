using Microsoft.Extensions.Logging;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Linux.Wiring;

/// <summary>
/// Interfaces on their way out. The kernel holds its one lock while it removes any, and everybody else's ADD waits; a
/// hundred take it little longer than one. So they are put into a group, and now and then the group is removed.
/// </summary>
/// <param name="removals">A socket of its own, since its requests take long; it is disposed with this.</param>
internal sealed partial class Departures(KernelNetwork removals, TimeProvider clock, ILogger log) : IAsyncDisposable
{
    /// <summary>Interfaces of this group are gone as soon as the kernel gets to it. Nobody else numbers a group so.</summary>
    public const uint Group = 0x726f_6d00;

    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(500);

    private readonly Lock _turn = new();
    private readonly Dictionary<string, Batch> _leaving = [];
    private Batch? _next;
    private Task _sweeping = Task.CompletedTask;

    /// <summary>From here on nobody takes it for a link, also if this process ends before it is gone.</summary>
    public static Outcome Mark(KernelNetwork kernel, int index) => kernel.Interfaces.Change(index, new InterfaceChange { Group = Group });

    /// <summary>It goes without anybody waiting.</summary>
    public void Go(string name)
    {
        lock (_turn)
        {
            if (_next is null)
            {
                var (batch, before) = (new Batch(), _sweeping);
                _next = batch;
                _sweeping = Task.Run(() => SweepAsync(batch, before));
            }

            _leaving[name] = _next;
        }
    }

    /// <summary>Done when nothing of that name is on its way out, which is hurried then.</summary>
    public Task WaitAsync(string name)
    {
        lock (_turn)
        {
            if (!_leaving.TryGetValue(name, out var batch)) return Task.CompletedTask;
            batch.Hurry.TrySetResult();
            return batch.Gone.Task;
        }
    }

    /// <summary>Also what a process before this one had sent away.</summary>
    public void SweepNow() => removals.Interfaces.RemoveGroup(Group).OrThrow();

    public async ValueTask DisposeAsync()
    {
        Task sweeping;
        lock (_turn)
        {
            _next?.Hurry.TrySetResult();
            sweeping = _sweeping;
        }

        await sweeping.ConfigureAwait(false);
        removals.Dispose();
    }

    private async Task SweepAsync(Batch batch, Task before)
    {
        await before.ConfigureAwait(false);
        await Task.WhenAny(Task.Delay(Rest, clock), batch.Hurry.Task).ConfigureAwait(false);
        lock (_turn) _next = null;
        try
        {
            await Task.Factory.StartNew(SweepNow, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or Cni.WiringException)
        {
            // Whoever waits looks for itself, and whatever stands goes with the next.
            LogKept(fault.Message);
        }

        lock (_turn)
        {
            foreach (var name in _leaving.Where(one => one.Value == batch).Select(one => one.Key).ToList()) _leaving.Remove(name);
        }

        batch.Gone.SetResult();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "interfaces of deleted pods could not be removed yet: {Why}")]
    private partial void LogKept(string why);

    /// <summary>What goes with one sweep.</summary>
    private sealed class Batch
    {
        public TaskCompletionSource Hurry { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
