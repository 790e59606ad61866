using System.Collections.Concurrent;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Aws;

/// <summary>
/// The one door through which every EC2 request goes: token bucket of its action, the term's deadline with the timeout
/// inside it, retries, counts. Mutations are sent once per permission: only a throttled one, which surely did not
/// happen, goes again.
/// </summary>
public sealed class CallGate(TimeProvider clock, double rateScale, TimeSpan timeout, CallMetrics metrics, string where) : IDisposable
{
    private const int DescribeAttempts = 6;

    /// <summary>Throttled this long, a mutation is given up: others take all that there is, and people must hear of it.</summary>
    private static readonly TimeSpan ThrottlePatience = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromMilliseconds(500);
    private readonly ConcurrentDictionary<Ec2Action, TokenBucket> _buckets = new();
    private ITerm? _term;

    /// <summary>Requests sent, throttles seen.</summary>
    public CallMetrics Metrics => metrics;

    public TimeSpan Timeout => timeout;

    /// <summary>No mutation goes before a term is entered, and none after it is lost.</summary>
    public void Enter(ITerm term) => _term = term;

    /// <exception cref="Ec2UnavailableException">EC2 refused, or did not answer in several attempts.</exception>
    public async Task<T> DescribeAsync<T>(Ec2Action action, Func<CancellationToken, Task<T>> call, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            cancel.ThrowIfCancellationRequested();
            var permit = await Bucket(action).TakeAsync(CallPriority.Create, cancel).ConfigureAwait(false);
            try
            {
                return await SendAsync(action, permit, call, timeout, cancel).ConfigureAwait(false);
            }
            catch (Exception error) when (!cancel.IsCancellationRequested)
            {
                if (attempt >= AttemptsFor(error)) throw Ec2Errors.Explain(error, action.Name, where);
            }

            await Task.Delay(Backoff(attempt), clock, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Never throws but when <paramref name="cancel"/> fires before the request was sent.</summary>
    /// <param name="overtaken">
    /// Ends the wait for a token, and never a request: the outcome is then Overtaken. A call that can go at once goes.
    /// </param>
    public async Task<MutationOutcome> MutateAsync(Ec2Action action, CallPriority priority,
        Func<CancellationToken, Task> call, CancellationToken cancel, CancellationToken overtaken = default)
    {
        Permit? permit = null;
        long? throttledAt = null;
        while (true)
        {
            permit = await TakeTurnAsync(action, priority, permit, overtaken, cancel).ConfigureAwait(false);
            if (permit is null) return MutationOutcome.Overtaken;
            var remaining = _term is null ? TimeSpan.Zero : _term.Remaining;
            if (remaining <= TimeSpan.Zero || _term!.Lost.IsCancellationRequested) return MutationOutcome.TermLost;
            var outcome = await TrySendAsync(action, permit.Value, call, remaining < timeout ? remaining : timeout, cancel).ConfigureAwait(false);
            if (outcome.Kind != OutcomeKind.Throttled) return outcome;
            if (clock.GetElapsedTime(throttledAt ??= clock.GetTimestamp()) >= ThrottlePatience) return outcome;
        }
    }

    public void Dispose()
    {
        foreach (var bucket in _buckets.Values) bucket.Dispose();
    }

    /// <summary>Null: overtaken before the turn came.</summary>
    private async Task<Permit?> TakeTurnAsync(
        Ec2Action action, CallPriority priority, Permit? again, CancellationToken overtaken, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(overtaken, cancel);
        try
        {
            return await Bucket(action).TakeAsync(priority, either.Token, again).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private static TimeSpan Backoff(int attempt) => FirstBackoff * Math.Min(16, 1 << (attempt - 1));

    /// <summary>Nobody wants to wait half a minute to hear that an address is wrong.</summary>
    private static int AttemptsFor(Exception error) =>
        Ec2Errors.IsThrottle(error) ? DescribeAttempts : Ec2Errors.IsPassing(error) ? DescribeAttempts / 2 : 1;

    private async Task<MutationOutcome> TrySendAsync(
        Ec2Action action, Permit permit, Func<CancellationToken, Task> call, TimeSpan within, CancellationToken cancel)
    {
        try
        {
            async Task<bool> Sent(CancellationToken token)
            {
                await call(token).ConfigureAwait(false);
                return true;
            }

            await SendAsync(action, permit, Sent, within, cancel).ConfigureAwait(false);
            return MutationOutcome.Done;
        }
#pragma warning disable CA1031 // Whatever went wrong on the wire is an outcome: the call may have happened.
        catch (Exception error)
#pragma warning restore CA1031
        {
            return Ec2Errors.Classify(error);
        }
    }

    private async Task<T> SendAsync<T>(
        Ec2Action action, Permit permit, Func<CancellationToken, Task<T>> call, TimeSpan within, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(within, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel, _term?.Lost ?? default);
        try
        {
            // The SDK does not promise to look at its token on every path; the limit holds all the same.
            var result = await call(either.Token).WaitAsync(either.Token).ConfigureAwait(false);
            Bucket(action).Passed();
            metrics.Sent(action, OutcomeKind.Done);
            return result;
        }
        catch (Exception error)
        {
            var kind = Ec2Errors.Classify(error).Kind;
            if (kind == OutcomeKind.Throttled) Bucket(action).Throttled(permit);
            metrics.Sent(action, kind);
            throw;
        }
    }

    private TokenBucket Bucket(Ec2Action action) =>
        _buckets.GetOrAdd(action, made => new TokenBucket(made.Burst * rateScale, made.PerSecond * rateScale, clock));
}
