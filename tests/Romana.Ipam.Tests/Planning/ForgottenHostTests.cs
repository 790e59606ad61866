using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;

namespace Romana.Ipam.Tests.Planning;

/// <summary>When the record of a dead host goes.</summary>
public sealed class ForgottenHostTests
{
    [Theory]
    [InlineData(61, false, true)]
    [InlineData(59, false, false)]
    [InlineData(61, true, false)]
    [InlineData(1_000, true, false)]
    public void A_dead_host_is_forgotten_after_an_hour_unless_its_record_says_which_checks_we_switched_off(int minutes, bool checks, bool forgotten)
    {
        var view = Views.Of();
        var host = Views.Spec(1, view.Layout!.Networks[0]) with
        {
            Condition = HostCondition.Dead,
            Since = Views.Now.AddMinutes(-minutes),
            ChecksSwitchedOff = checks ? ["eni-1"] : [],
        };

        var plan = LifecyclePlanner.Plan(view with { Hosts = [Views.Host(host)] });

        Assert.Equal(forgotten, plan.Changes.OfType<Change.DeleteHost>().Any());
    }
}
