using Microsoft.Extensions.Time.Testing;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;

namespace Romana.Cloud.Tests.Control;

/// <summary>How long an interface rests whose source/destination check could not be switched off.</summary>
public sealed class CheckRestsTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly CheckRests _rests;

    public CheckRestsTests() => _rests = new(_clock);

    [Theory]
    [InlineData(OutcomeKind.Refused, new[] { 30, 60, 120, 240, 480, 900, 900 })]
    [InlineData(OutcomeKind.Unauthorized, new[] { 30, 60, 120 })]
    [InlineData(OutcomeKind.TargetUnhealthy, new[] { 30, 60 })]
    [InlineData(OutcomeKind.Throttled, new[] { 2, 4, 8, 16, 32, 60, 60 })]
    [InlineData(OutcomeKind.Unknown, new[] { 2, 4 })]
    [InlineData(OutcomeKind.TargetMissing, new[] { 2, 4 })]
    public void A_rest_grows_with_every_failure_in_a_row(OutcomeKind kind, int[] seconds)
    {
        foreach (var wait in seconds)
        {
            _rests.Failed("eni-1", new MutationOutcome(kind, "no"));
            Assert.False(_rests.IsDue("eni-1"));
            Assert.Equal(TimeSpan.FromSeconds(wait), _rests.Shortest);
            _clock.Advance(TimeSpan.FromSeconds(wait) - TimeSpan.FromMilliseconds(1));
            Assert.False(_rests.IsDue("eni-1"));
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True(_rests.IsDue("eni-1"));
        }
    }

    [Fact]
    public void One_interface_rests_and_another_does_not()
    {
        _rests.Failed("eni-1", Refused);
        Assert.True(_rests.IsDue("eni-2"));
        _rests.Failed("eni-2", new MutationOutcome(OutcomeKind.Throttled, "slow"));
        Assert.Equal(TimeSpan.FromSeconds(2), _rests.Shortest);
        Assert.Equal(("slow", TimeSpan.FromSeconds(2)), (_rests.FirstPassing()!.Value.Outcome.Message, _rests.FirstPassing()!.Value.After));
    }

    [Fact]
    public void Only_what_lasts_is_a_refusal()
    {
        _rests.Failed("eni-1", Refused);
        _rests.Failed("eni-2", new MutationOutcome(OutcomeKind.Unknown, "timed out"));
        Assert.Equal((Refused, null), (_rests.Refusal("eni-1"), _rests.Refusal("eni-2")));
        Assert.Null(_rests.Refusal("eni-3"));
    }

    [Fact]
    public void Success_and_going_out_of_sight_begin_anew()
    {
        foreach (var eni in (string[])["eni-1", "eni-2"])
            for (var i = 0; i < 3; i++) _rests.Failed(eni, Refused);
        _rests.Passed("eni-1");
        _rests.Keep(new HashSet<string>(["eni-1"]));
        Assert.True(_rests.IsDue("eni-1") && _rests.IsDue("eni-2"));
        Assert.Equal(TimeSpan.Zero, _rests.Shortest);
        _rests.Failed("eni-2", Refused);
        Assert.Equal(TimeSpan.FromSeconds(30), _rests.Shortest);
    }

    private static MutationOutcome Refused { get; } = new(OutcomeKind.Refused, "OperationNotPermitted: no") { Code = "OperationNotPermitted" };
}
