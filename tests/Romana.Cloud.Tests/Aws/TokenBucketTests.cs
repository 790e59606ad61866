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
    public void Throttling_by_others_slows_down_and_calls_that_pass_recover()
    {
        using var bucket = new TokenBucket(50, 5, _clock);
        for (var i = 0; i < 10; i++) bucket.Throttled();
        Assert.Equal(1.0 / 16, bucket.Share);
        for (var i = 0; i < 20; i++) bucket.Passed();
        Assert.Equal(1, bucket.Share);
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

    private static Task[] Take(TokenBucket bucket, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => bucket.TakeAsync(CallPriority.Create, default))];

    private static int Done(Task[] calls) => calls.Count(call => call.IsCompleted);
}
