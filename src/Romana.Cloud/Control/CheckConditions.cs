using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// The condition of a host whose source/destination check EC2 does not let us switch off. It stands in the host's
/// record, so that every planner and the next controller know: such a host passes nothing on. Pure.
/// </summary>
internal static class CheckConditions
{
    public const string CheckStaysOn = "CheckStaysOn";

    public static bool StaysOn(HostSpec host) => host.Conditions.Any(condition => condition is { Type: CheckStaysOn, IsTrue: true });

    /// <param name="refusal">Null: nothing stands in the way any more.</param>
    public static ImmutableArray<Condition> Next(HostSpec host, MutationOutcome? refusal, DateTimeOffset now)
    {
        var others = host.Conditions.Where(condition => condition.Type != CheckStaysOn).Select(condition => (condition.Type, condition.Message));
        return ConditionBoard.Next(host.Conditions, refusal is null ? others : others.Append((CheckStaysOn, Message(host, refusal))), now);
    }

    /// <summary>Without EC2's own words: those of a missing permission differ at every call, and the log has them.</summary>
    private static string Message(HostSpec host, MutationOutcome refusal) =>
        $"{host.PodInterface?.Id} of {host.Name}: EC2 refuses to switch its source/destination check off ({refusal.Code ?? refusal.Kind.ToString()}), "
        + $"so it drops pods' packets; its blocks take no new pod and it leads no route; tried again every few minutes: {Remedy(refusal)}";

    private static string Remedy(MutationOutcome refusal) => refusal.Kind switch
    {
        OutcomeKind.Unauthorized => "allow ec2:ModifyNetworkInterfaceAttribute on it to this role (an interface that a service of AWS manages cannot be changed: "
            + "take another by the label romana.io/pod-interface), or switch the check off by hand",
        OutcomeKind.TargetUnhealthy => "look at the state of its instance",
        _ => "switch the check off by hand, or see EC2's error code",
    };
}
