using Amazon.EC2;
using Amazon.EC2.Model;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Aws;

/// <summary>The mutations. None throws: what became of a call is its outcome.</summary>
public sealed class Ec2Writer(IAmazonEC2 client, CallGate gate)
{
    /// <summary>EC2 CreateRoute, ReplaceRoute or DeleteRoute.</summary>
    /// <param name="overtaken">Ends the wait for the call's turn.</param>
    public Task<MutationOutcome> ApplyAsync(
        RouteChange change, CallPriority priority, CancellationToken cancel, CancellationToken overtaken = default) => change.Op switch
        {
            RouteOp.Create => gate.MutateAsync(Ec2Action.CreateRoute, priority,
                token => client.CreateRouteAsync(Create(change), token), cancel, overtaken),
            RouteOp.Replace => gate.MutateAsync(Ec2Action.ReplaceRoute, priority,
                token => client.ReplaceRouteAsync(Replace(change), token), cancel, overtaken),
            RouteOp.Delete => gate.MutateAsync(Ec2Action.DeleteRoute, priority,
                token => client.DeleteRouteAsync(Delete(change), token), cancel, overtaken),
            _ => throw new InvalidOperationException($"no such operation: {change.Op}"),
        };

    /// <summary>Per interface, since the instance-level call fails on several. EC2 ModifyNetworkInterfaceAttribute.</summary>
    public Task<MutationOutcome> SetSourceDestCheckAsync(string eni, bool on, CancellationToken cancel) =>
        gate.MutateAsync(Ec2Action.ModifyNetworkInterfaceAttribute, CallPriority.Check,
            token => client.ModifyNetworkInterfaceAttributeAsync(
                new ModifyNetworkInterfaceAttributeRequest { NetworkInterfaceId = eni, SourceDestCheck = on }, token), cancel);

    private static CreateRouteRequest Create(RouteChange change)
    {
        var request = new CreateRouteRequest { RouteTableId = change.Table };
        if (Is4(change)) request.DestinationCidrBlock = change.Destination.ToString();
        else request.DestinationIpv6CidrBlock = change.Destination.ToString();
        if (IsTransit(change)) request.TransitGatewayId = change.Target;
        else request.NetworkInterfaceId = change.Target;
        return request;
    }

    private static ReplaceRouteRequest Replace(RouteChange change)
    {
        var request = new ReplaceRouteRequest { RouteTableId = change.Table };
        if (Is4(change)) request.DestinationCidrBlock = change.Destination.ToString();
        else request.DestinationIpv6CidrBlock = change.Destination.ToString();
        if (IsTransit(change)) request.TransitGatewayId = change.Target;
        else request.NetworkInterfaceId = change.Target;
        return request;
    }

    private static DeleteRouteRequest Delete(RouteChange change)
    {
        var request = new DeleteRouteRequest { RouteTableId = change.Table };
        if (Is4(change)) request.DestinationCidrBlock = change.Destination.ToString();
        else request.DestinationIpv6CidrBlock = change.Destination.ToString();
        return request;
    }

    private static bool Is4(RouteChange change) => change.Destination.Family == IpFamily.IPv4;

    private static bool IsTransit(RouteChange change) => change.Target.StartsWith("tgw-", StringComparison.Ordinal);
}
