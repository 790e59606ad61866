using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Ec2;

/// <summary>
/// The account behind the endpoint: its state, its past (for describes and routers that lag), its buckets, its calls.
/// Everything is on the one <see cref="TimeProvider"/>. Safe for several threads.
/// </summary>
public sealed class SimulatedVpc
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Throttle _throttle = new();
    private readonly List<(DateTimeOffset At, AccountState State)> _past = [];
    private ImmutableList<CallRecord> _calls = [];
    private TaskCompletionSource _changed = NewSignal();

    public SimulatedVpc(AccountState state, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        // What stood at the start was there long before.
        _past.Add((DateTimeOffset.MinValue, state));
    }

    public Behaviour Behaviour { get; set; } = new();

    public Faults Faults { get; } = new();

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Raised after each call was answered, on the thread that answered it.</summary>
    public event Action<CallRecord>? Called;

    /// <summary>The truth.</summary>
    public AccountState State
    {
        get
        {
            lock (_gate) return _past[^1].State;
        }
    }

    /// <summary>What a describe sees now.</summary>
    public AccountState Seen => StateAt(Now - Behaviour.VisibilityLag);

    public ImmutableList<CallRecord> Calls => Volatile.Read(ref _calls);

    public void ForgetCalls() => Volatile.Write(ref _calls, []);

    /// <summary>Changes the account from outside EC2's API, as another tool or an operator would.</summary>
    public void Update(Func<AccountState, AccountState> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_gate) Commit(change(_past[^1].State));
    }

    /// <summary>Applies a rule to the truth; a refusal changes nothing.</summary>
    public Outcome Apply(Func<AccountState, Outcome> rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        lock (_gate)
        {
            var outcome = rule(_past[^1].State);
            if (outcome is Outcome.Done done) Commit(done.State);
            return outcome;
        }
    }

    /// <summary>Where the VPC's routers take a packet now, <see cref="Behaviour.DataPlaneLag"/> behind the tables.</summary>
    public Delivery Forward(string subnetId, IpAddress to, string? sender = null) =>
        DataPlane.Forward(StateAt(Now - Behaviour.DataPlaneLag), subnetId, to, sender);

    /// <summary>Waits until the condition holds, looking again after each change and each call.</summary>
    public async Task UntilAsync(Func<SimulatedVpc, bool> condition, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(condition);
        while (true)
        {
            Task signal;
            lock (_gate) signal = _changed.Task;
            if (condition(this)) return;
            await signal.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>False: over the bucket of that action.</summary>
    internal bool TryTake(string action)
    {
        if (!Behaviour.Throttling) return true;
        lock (_gate) return _throttle.TryTake(action, Now, Behaviour.TakenByOthers);
    }

    internal void Log(string action, ImmutableSortedDictionary<string, string> parameters, string outcome)
    {
        CallRecord call;
        lock (_gate)
        {
            call = new CallRecord(_calls.Count + 1, Now, action, parameters, outcome);
            _calls = _calls.Add(call);
            Signal();
        }

        Called?.Invoke(call);
    }

    private AccountState StateAt(DateTimeOffset instant)
    {
        lock (_gate)
        {
            for (var index = _past.Count - 1; index > 0; index--)
                if (_past[index].At <= instant)
                    return _past[index].State;
            return _past[0].State;
        }
    }

    private void Commit(AccountState state)
    {
        var now = Now;
        _past.Add((now, state));
        var horizon = now - TimeSpan.FromTicks(Math.Max(Behaviour.VisibilityLag.Ticks, Behaviour.DataPlaneLag.Ticks));
        var keep = _past.FindLastIndex(entry => entry.At <= horizon);
        if (keep > 0) _past.RemoveRange(0, keep);
        Signal();
    }

    private void Signal()
    {
        var signal = _changed;
        _changed = NewSignal();
        signal.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
