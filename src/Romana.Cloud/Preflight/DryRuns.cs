using System.Collections.Immutable;
using Amazon.EC2;
using Amazon.EC2.Model;
using Romana.Cloud.Aws;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Preflight;

/// <summary>What a DryRun of a route is made with; EC2 wants both to be real. Null target: nothing to aim at.</summary>
internal sealed record DryRunAim(Cidr? Destination, string? Target)
{
    /// <summary>Without a topology any destination outside the VPC will do: nothing is written.</summary>
    private static readonly Cidr Documentation = Cidr.Parse("198.51.100.0/24");

    public Cidr Place => Destination ?? Documentation;
}

/// <summary>Asks EC2 whether a call would be allowed, without making it: allowed answers DryRunOperation, denied UnauthorizedOperation.</summary>
internal sealed class DryRuns(IAmazonEC2 client, CallGate gate)
{
    public async Task<ImmutableSortedDictionary<string, Permission>> OfTableAsync(string table, DryRunAim aim, CancellationToken cancel)
    {
        if (aim.Target is not { } target) return ImmutableSortedDictionary<string, Permission>.Empty;
        var (v4, v6) = aim.Place.Family == IpFamily.IPv4 ? (aim.Place.ToString(), (string?)null) : (null, aim.Place.ToString());
        var create = new CreateRouteRequest { RouteTableId = table, NetworkInterfaceId = target, DestinationCidrBlock = v4, DestinationIpv6CidrBlock = v6, DryRun = true };
        var replace = new ReplaceRouteRequest { RouteTableId = table, NetworkInterfaceId = target, DestinationCidrBlock = v4, DestinationIpv6CidrBlock = v6, DryRun = true };
        var delete = new DeleteRouteRequest { RouteTableId = table, DestinationCidrBlock = v4, DestinationIpv6CidrBlock = v6, DryRun = true };
        return ImmutableSortedDictionary<string, Permission>.Empty
            .Add("CreateRoute", await AskAsync(Ec2Action.CreateRoute, token => client.CreateRouteAsync(create, token), cancel))
            .Add("ReplaceRoute", await AskAsync(Ec2Action.ReplaceRoute, token => client.ReplaceRouteAsync(replace, token), cancel))
            .Add("DeleteRoute", await AskAsync(Ec2Action.DeleteRoute, token => client.DeleteRouteAsync(delete, token), cancel));
    }

    public Task<Permission> OfInterfaceAsync(string eni, CancellationToken cancel)
    {
        var request = new ModifyNetworkInterfaceAttributeRequest { NetworkInterfaceId = eni, SourceDestCheck = false, DryRun = true };
        return AskAsync(Ec2Action.ModifyNetworkInterfaceAttribute, token => client.ModifyNetworkInterfaceAttributeAsync(request, token), cancel);
    }

    /// <summary>By the door of the describes: nothing is changed, so no term is wanted.</summary>
    private async Task<Permission> AskAsync<T>(Ec2Action action, Func<CancellationToken, Task<T>> call, CancellationToken cancel)
    {
        try
        {
            await gate.DescribeAsync(action, call, cancel);
            return Permission.Unclear;
        }
        catch (Ec2UnavailableException fault) when (fault.Code is not null)
        {
            return fault.Code == "DryRunOperation" ? Permission.Allowed : fault.Unauthorized ? Permission.Denied : Permission.Unclear;
        }
    }
}
