using Romana.Node.Cni;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;

namespace Romana.Node.Linux.Wiring;

/// <summary>
/// A few threads in the host's namespace that do what waits in the kernel, each with a socket of its own. More of them would not
/// be quicker: the kernel changes interfaces under one lock, and whoever waits for it there spins.
/// </summary>
internal sealed class WiringThreads : IDisposable
{
    private readonly object _gate = new();
    private readonly Queue<Action<WiringThread>> _work = [];
    private readonly List<Thread> _threads = [];
    private readonly NetworkNamespace _own = NetworkNamespace.Current();
    private bool _ends;

    /// <param name="home">The host's namespace; it is disposed with this.</param>
    /// <exception cref="IOException">It takes root, or CAP_NET_ADMIN and CAP_SYS_ADMIN.</exception>
    public WiringThreads(NetworkNamespace home, int count)
    {
        Home = home;
        var opened = Enumerable.Range(0, count).Select(_ => home.Run(() => new WiringThread(home, KernelNetwork.Open(), SettingsFolder.Open("net/ipv6/conf")))).ToList();
        foreach (var one in opened)
        {
            var thread = new Thread(() => home.Visit(_own, () => Work(one))) { IsBackground = true, Name = "pods' links" };
            _threads.Add(thread);
            thread.Start();
        }
    }

    public NetworkNamespace Home { get; }

    /// <exception cref="WiringException">Whatever the kernel said.</exception>
    public async Task<T> RunAsync<T>(Func<WiringThread, T> work, CancellationToken cancel)
    {
        // What waits for the answer goes on elsewhere: these threads are for the kernel.
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ends, this);
            _work.Enqueue(thread => Do(thread, work, done, cancel));
            Monitor.Pulse(_gate);
        }

        return await done.Task.ConfigureAwait(false);
    }

    /// <summary>What was asked for is done before.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ends = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads) thread.Join();
        Home.Dispose();
        _own.Dispose();
    }

    private static void Do<T>(WiringThread thread, Func<WiringThread, T> work, TaskCompletionSource<T> done, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
        {
            done.TrySetCanceled(cancel);
            return;
        }

        try
        {
            done.TrySetResult(work(thread));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            done.TrySetException(new WiringException(fault.Message, fault));
        }
        catch (Exception fault)
        {
            done.TrySetException(fault);
        }
    }

    private bool Work(WiringThread thread)
    {
        using (thread)
        {
            while (Next() is { } work) work(thread);
        }

        return true;
    }

    private Action<WiringThread>? Next()
    {
        lock (_gate)
        {
            while (_work.Count == 0)
            {
                if (_ends) return null;
                Monitor.Wait(_gate);
            }

            return _work.Dequeue();
        }
    }
}

/// <summary>What one of the threads works with.</summary>
/// <param name="Home">The host's namespace, where the thread is.</param>
/// <param name="Settings6">Of the interfaces; null: a kernel without IPv6.</param>
internal sealed record WiringThread(NetworkNamespace Home, KernelNetwork Kernel, SettingsFolder? Settings6) : IDisposable
{
    public void Dispose()
    {
        Kernel.Dispose();
        Settings6?.Dispose();
    }
}
