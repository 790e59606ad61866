using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Planning;

/// <summary>
/// Destinations that EC2 refuses or that would take the VPC's own traffic (CreateRoute's reference; design: VPC routes,
/// item 10). A network there gets no write at all, and what stands of it stays: condition AddressConflict.
/// </summary>
internal static class ReservedSpace
{
    private static readonly (Cidr Space, string What)[] Always =
    [
        (Cidr.Parse("169.254.168.0/22"), "reserved by EC2"),
        (Cidr.Parse("fd00:ec2::/32"), "reserved by EC2"),
    ];

    public static Refusal? Check(Network network, InventoryVpc vpc)
    {
        foreach (var (space, what) in vpc.Cidrs.Select(cidr => (cidr, "the VPC's own")).Concat(Always))
        {
            if (!space.Overlaps(network.Cidr)) continue;
            return new Refusal(
                "reserved_destination", null,
                $"AddressConflict: network {network.Name} ({network.Cidr}) overlaps {space}, which is {what}; nothing is written for it",
                $"Give network {network.Name} a CIDR outside {space}");
        }

        return null;
    }
}
