using Romana.Cloud.Control;
using Romana.Cloud.Discovery;

namespace Romana.Cloud.Tests.Control;

/// <summary>A check that was switched off stays off for us as long as the look that shows it on may be an old one.</summary>
public sealed class ChecksOffTests
{
    private static readonly DateTimeOffset Reply = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lag = TimeSpan.FromMinutes(5);
    private readonly ChecksOff _checks = new(Lag);

    public ChecksOffTests() => _checks.Add("eni-1", Reply);

    [Theory]
    [InlineData(-1, true)]
    [InlineData(299, true)]
    [InlineData(300, true)]
    [InlineData(301, false)]
    public void A_look_from_within_the_lag_says_nothing_whenever_it_is_used(int seconds, bool outweighs) =>
        Assert.Equal(outweighs, _checks.Outweighs(new SeenHosts { At = Reply.AddSeconds(seconds) }, "eni-1"));

    [Fact]
    public void An_interface_that_we_did_not_switch_is_as_it_is_shown() =>
        Assert.False(_checks.Outweighs(new SeenHosts { At = Reply }, "eni-2"));
}
