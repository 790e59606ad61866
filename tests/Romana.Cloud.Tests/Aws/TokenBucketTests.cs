using Microsoft.Extensions.Time.Testing;
using Romana.Cloud.Aws;

namespace Romana.Cloud.Tests.Aws;

public sealed class TokenBucketTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task A_burst_goes_at_once_and_the_rest_by_rate_both_below_the_size_of_EC2()
    {
        using var bucket = new TokenBucket(50, 5, _clock);
        var calls = Take(bucket, 60);

        // 40 at once, since calls may arrive closer together than they left; then 4.5 a second.
        await Task.WhenAll(calls[..40]).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(40, Done(calls));
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Task.WhenAll(calls[..44]).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(44, Done(calls));
    }

    [Fact]
    public async Task Failover_goes_before_creates_and_checks_that_came_earlier()
    {
        using var bucket = new TokenBucket(1, 1, _clock);
        Take(bucket, 1);
        var check = bucket.TakeAsync(CallPriority.Check, TestContext.Current.CancellationToken);
        var create = bucket.TakeAsync(CallPriority.Create, TestContext.Current.CancellationToken);
        var failover = bucket.TakeAsync(CallPriority.Failover, TestContext.Current.CancellationToken);

        foreach (var (next, waiting) in new[] { (failover, create), (create, check) })
        {
            _clock.Advance(TimeSpan.FromSeconds(1.2));
            await next.WaitAsync(Limit, TestContext.Current.CancellationToken);
            Assert.False(waiting.IsCompleted);
        }
    }

    [Fact]
    public async Task Failover_may_spend_the_whole_bucket_and_what_waits_leaves_it_that_reserve()
    {
        using var fresh = new TokenBucket(50, 5, _clock);
        await Task.WhenAll(Take(fresh, 50, CallPriority.Failover)).WaitAsync(Limit, TestContext.Current.CancellationToken);

        using var busy = new TokenBucket(50, 5, _clock);
        var creates = Take(busy, 500);
        await Task.WhenAll(Take(busy, 10, CallPriority.Failover)).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(40, Done(creates));
    }

    [Fact]
    public async Task A_burst_that_others_have_throttled_slows_down_once_and_time_or_calls_that_pass_recover()
    {
        using var bucket = new TokenBucket(50, 5, _clock);
        var burst = await Task.WhenAll(Take(bucket, 40)).WaitAsync(Limit, TestContext.Current.CancellationToken);
        foreach (var permit in burst) bucket.Throttled(permit);
        Assert.Equal(0.5, bucket.Share);

        for (var i = 0; i < 10; i++) bucket.Throttled(new Permit(0, long.MaxValue));
        Assert.Equal(1.0 / 16, bucket.Share);
        for (var i = 0; i < 47; i++) bucket.Passed();
        Assert.Equal(1, bucket.Share, 1e-9);
        bucket.Throttled(new Permit(0, long.MaxValue));
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(1, bucket.Share, 1e-9);
    }

    [Fact]
    public async Task A_call_that_has_to_go_again_keeps_its_place()
    {
        using var bucket = new TokenBucket(1, 1, _clock);
        var first = await bucket.TakeAsync(CallPriority.Create, TestContext.Current.CancellationToken);
        var later = bucket.TakeAsync(CallPriority.Create, TestContext.Current.CancellationToken);
        bucket.Throttled(first);
        var again = bucket.TakeAsync(CallPriority.Create, TestContext.Current.CancellationToken, first);

        _clock.Advance(TimeSpan.FromSeconds(3));

        await again.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.False(later.IsCompleted);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public async Task With_part_of_the_bucket_eaten_by_others_every_call_gets_through_in_bounded_time(double taken)
    {
        using var bucket = new TokenBucket(50, 5, _clock);
        var (tokens, size, rate) = (50 * (1 - taken), 50 * (1 - taken), 5 * (1 - taken));
        var (left, refused, passed) = (400, 0, TimeSpan.Zero);
        var step = TimeSpan.FromSeconds(0.5);
        var permit = bucket.TakeAsync(CallPriority.Create, TestContext.Current.CancellationToken);
        while (left > 0 && passed < TimeSpan.FromHours(1))
        {
            while (left > 0 && permit.IsCompleted)
            {
                var mine = await permit;
                var throttled = tokens < 1;
                if (throttled) refused++;
                else (left, tokens) = (left - 1, tokens - 1);
                if (throttled) bucket.Throttled(mine);
                else bucket.Passed();
                permit = bucket.TakeAsync(CallPriority.Create, TestContext.Current.CancellationToken, throttled ? mine : null);
            }

            _clock.Advance(step);
            (passed, tokens) = (passed + step, Math.Min(size, tokens + (step.TotalSeconds * rate)));

            // The timer has run by now; what it lets go runs on another thread.
            if (bucket.Waiting == 0) await permit.WaitAsync(Limit, TestContext.Current.CancellationToken);
        }

        Assert.Equal(0, left);
        Assert.InRange(passed.TotalSeconds, 0, 400 / rate * 1.5);
        Assert.InRange(refused, 1, 400 * 0.6);
    }

    [Fact]
    public async Task A_turn_that_is_there_at_once_is_taken_by_a_caller_who_would_not_wait()
    {
        using var bucket = new TokenBucket(1, 1, _clock);
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await bucket.TakeAsync(CallPriority.Create, gone.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bucket.TakeAsync(CallPriority.Create, gone.Token));
    }

    [Fact]
    public async Task A_cancelled_wait_takes_no_token()
    {
        using var bucket = new TokenBucket(1, 1, _clock);
        Take(bucket, 1);
        using var cancel = new CancellationTokenSource();
        var given = bucket.TakeAsync(CallPriority.Create, cancel.Token);
        var other = bucket.TakeAsync(CallPriority.Create, TestContext.Current.CancellationToken);
        await cancel.CancelAsync();

        _clock.Advance(TimeSpan.FromSeconds(1.2));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        await other.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    private static Task<Permit>[] Take(TokenBucket bucket, int count, CallPriority priority = CallPriority.Create) =>
        [.. Enumerable.Range(0, count).Select(_ => bucket.TakeAsync(priority, default))];

    private static int Done(Task[] calls) => calls.Count(call => call.IsCompleted);
}
