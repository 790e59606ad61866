using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Show;

/// <param name="Blocks">Blocks of running hosts.</param>
/// <param name="Reached">Those that every subnet of the VPC reaches.</param>
internal sealed record Reachability(int Blocks, int Reached)
{
    /// <summary>Asks the VPC's own lookup, not Romana: right is the block's host, or a host on the same subnet, which passes it on.</summary>
    public static Reachability Of(SimulatedVpc vpc, Picture picture)
    {
        var state = vpc.State;
        var blocks = picture.Hosts
            .Select(host => (Host: host, Instance: state.FindInstance(host.Name)))
            .Where(pair => pair.Instance?.State == InstanceState.Running)
            .SelectMany(pair => pair.Host.Blocks.Select(block => (Block: Cidr.Parse(block), pair.Host.Subnet)))
            .ToList();
        return new Reachability(
            blocks.Count,
            blocks.Count(one => state.Subnets.Keys.All(from => Arrives(vpc, from, one.Block.First.Plus(1), one.Subnet))));
    }

    private static bool Arrives(SimulatedVpc vpc, string from, IpAddress to, string subnet) =>
        vpc.Forward(from, to) is Delivery.ToInterface at && vpc.State.Interfaces.GetValueOrDefault(at.Interface)?.SubnetId == subnet;
}
