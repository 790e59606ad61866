using Amazon.EC2;
using Romana.Cloud.Aws;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Topologies;

/// <summary>Reads from EC2 what a topology is drawn from: two describes, once. EC2 DescribeVpcs, DescribeSubnets.</summary>
internal static class VpcDescription
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);

    /// <exception cref="Ec2UnavailableException">EC2 refused or did not answer.</exception>
    public static async Task<VpcFile> ReadAsync(IAmazonEC2 client, string vpc, TimeProvider clock, CancellationToken cancel)
    {
        using var metrics = new CallMetrics();
        using var gate = new CallGate(clock, 1, CallTimeout, metrics, Ec2Client.Where(client));
        var reader = new Ec2Reader(client, gate);
        var found = await reader.VpcAsync(vpc, cancel).ConfigureAwait(false);
        var subnets = await reader.SubnetsAsync(vpc, cancel).ConfigureAwait(false);
        return new VpcFile(found.Cidrs, [.. subnets.Select(subnet => new LinkFact(subnet.Id, subnet.Zone))]);
    }
}
