using System.Collections.Frozen;
using System.Collections.Immutable;
using Romana.Demo.Ec2;

namespace Romana.Demo.Wire;

/// <summary>DescribeInstanceStatus and DescribeSpotInstanceRequests.</summary>
internal static class InstanceStatusListings
{
    /// <summary>DescribeInstanceStatus has filters of its own, and knows neither VPCs nor tags.</summary>
    private static readonly FrozenDictionary<string, Func<AccountState, Instance, IEnumerable<string>>> Filters =
        new Dictionary<string, Func<AccountState, Instance, IEnumerable<string>>>
        {
            ["availability-zone"] = (_, one) => [one.Zone],
            ["instance-state-name"] = (_, one) => [InstanceListings.StateName(one.State)],
            ["instance-state-code"] = (_, one) => [InstanceListings.StateCode(one.State)],
            ["instance-status.status"] = (_, one) => [Health(one)],
            ["system-status.status"] = (_, one) => [Health(one)],
            ["event.code"] = (_, one) => one.Events.Select(each => each.Code),
            ["event.instance-event-id"] = (_, one) => one.Events.Select(each => each.Id),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>A spot instance stands for its request: one each, and it ends with it.</summary>
    public static readonly Listing<Instance> SpotRequests = new()
    {
        Set = "spotInstanceRequestSet",
        IdParameter = "SpotInstanceRequestId",
        Missing = ("spotInstanceRequest", "InvalidSpotInstanceRequestID.NotFound"),
        All = state => state.Instances.Values.Where(one => one.Spot).ToImmutableSortedDictionary(RequestId, one => one, StringComparer.Ordinal),
        Filters = new Dictionary<string, Func<AccountState, Instance, IEnumerable<string>>>
        {
            ["instance-id"] = (_, one) => [one.Id],
            ["spot-instance-request-id"] = (_, one) => [RequestId(one)],
            ["state"] = (_, one) => [RequestState(one)],
            ["status-code"] = (_, one) => [one.SpotStatus],
        }.ToFrozenDictionary(StringComparer.Ordinal),
        Write = (xml, _, one) => xml
            .Text("spotInstanceRequestId", RequestId(one)).Text("type", "one-time").Text("state", RequestState(one))
            .Element("status", () => xml.Text("code", one.SpotStatus).Text("message", "").Text("updateTime", one.LaunchedAt))
            .Text("instanceId", one.Id).Text("createTime", one.LaunchedAt).Text("launchedAvailabilityZone", one.Zone),
        Hidden = (one, now) => one.TerminatedAt + InstanceListings.ShownAfterEnd < now,
    };

    /// <summary>Only running instances have a status, unless IncludeAllInstances asks for the rest.</summary>
    public static Listing<Instance> Statuses(bool everyState) => InstanceListings.Instances with
    {
        Set = "instanceStatusSet",
        Filters = Filters,
        Write = (xml, _, one) => WriteStatus(xml, one),
        Hidden = (one, now) => one.TerminatedAt + InstanceListings.ShownAfterEnd < now || !everyState && one.State != InstanceState.Running,
    };

    private static void WriteStatus(Ec2Xml xml, Instance one)
    {
        xml.Text("instanceId", one.Id).Text("availabilityZone", one.Zone);
        if (!one.Events.IsEmpty)
            xml.Set("eventsSet", one.Events, each => xml.Text("instanceEventId", each.Id).Text("code", each.Code)
                .Text("description", each.Description).Text("notBefore", each.NotBefore));
        InstanceListings.WriteState(xml, "instanceState", one.State);
        xml.Element("systemStatus", () => xml.Text("status", Health(one))).Element("instanceStatus", () => xml.Text("status", Health(one)));
    }

    private static string Health(Instance one) => one.State == InstanceState.Running ? one.Health : "not-applicable";

    private static string RequestId(Instance one) => $"sir-{one.Id[2..]}";

    private static string RequestState(Instance one) => one.State == InstanceState.Terminated ? "closed" : "active";
}
