using Microsoft.Extensions.Logging;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Linux.Wiring;

/// <summary>
/// Interfaces on their way out. Removing one takes the kernel twenty milliseconds of waiting, and removing a hundred takes
/// it no more: they are put into one group, and the group is removed as often as there is something in it.
/// </summary>
/// <param name="removals">A socket of its own, since its requests take long; it is disposed with this.</param>
internal sealed partial class Departures(KernelNetwork kernel, KernelNetwork removals, ILogger log) : IAsyncDisposable
{
    /// <summary>Interfaces of this group are gone as soon as the kernel gets to it. Nobody else numbers a group so.</summary>
    public const uint Group = 0x726f_6d00;

    private readonly Lock _turn = new();
    private readonly Dictionary<string, Task> _leaving = [];
    private TaskCompletionSource? _next;
    private Task _sweeping = Task.CompletedTask;

    /// <summary>From here on nobody takes it for a link, also if this process ends before it is gone.</summary>
    public Outcome Mark(int index) => kernel.Interfaces.Change(index, new InterfaceChange { Group = Group });

    /// <summary>It goes without anybody waiting.</summary>
    public void Go(string name)
    {
        lock (_turn)
        {
            if (_next is null)
            {
                _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _sweeping = _sweeping.ContinueWith(_ => Sweep(), CancellationToken.None, TaskContinuationOptions.LongRunning, TaskScheduler.Default);
            }

            _leaving[name] = _next.Task;
        }
    }

    /// <summary>Done when nothing of that name is on its way out.</summary>
    public Task WaitAsync(string name)
    {
        lock (_turn) return _leaving.GetValueOrDefault(name, Task.CompletedTask);
    }

    /// <summary>Also what a process before this one had sent away.</summary>
    public void SweepNow() => removals.Interfaces.RemoveGroup(Group).OrThrow();

    public async ValueTask DisposeAsync()
    {
        Task sweeping;
        lock (_turn) sweeping = _sweeping;
        await sweeping.ConfigureAwait(false);
        removals.Dispose();
    }

    private void Sweep()
    {
        TaskCompletionSource batch;
        lock (_turn)
        {
            batch = _next!;
            _next = null;
        }

        try
        {
            SweepNow();
        }
        catch (Exception fault) when (fault is IOException or Cni.WiringException)
        {
            // Whoever waits looks for itself, and whatever stands goes with the next.
            LogKept(fault.Message);
        }

        lock (_turn)
        {
            foreach (var name in _leaving.Where(one => one.Value == batch.Task).Select(one => one.Key).ToList()) _leaving.Remove(name);
        }

        batch.SetResult();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "interfaces of deleted pods could not be removed yet: {Why}")]
    private partial void LogKept(string why);
}
