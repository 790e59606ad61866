using System.Collections.Frozen;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>
/// Two documents that differ in block_mask: a VLAN shared by tenant, an IPv6 network shared by host, and one in two
/// racks shared by tenant and segment.
/// </summary>
internal static class Documents
{
    public const string Narrow = "narrow", Wide = "wide";

    /// <summary>The hosts' own addresses on the VLAN, as a DHCP server gave them.</summary>
    public static readonly FrozenSet<IpAddress> Nodes = Set("10.0.0.30", "10.0.0.31", "10.0.0.97");

    private static readonly FrozenSet<IpAddress> Kept = Set("10.0.0.0", "10.0.0.1", "10.0.0.20", "10.0.0.21", "10.0.0.22", "10.0.0.23", "10.0.0.255");
    private static readonly Topology NarrowLayout = Read(29);
    private static readonly Topology WideLayout = Read(28);

    public static Topology Of(string document) => document == Wide ? WideLayout : NarrowLayout;

    /// <summary>I7, told by hand: network, gateway, reserved range, broadcast, nodes.</summary>
    public static bool IsKept(IpAddress address) => Kept.Contains(address) || Nodes.Contains(address);

    private static FrozenSet<IpAddress> Set(params string[] addresses) => addresses.Select(IpAddress.Parse).ToFrozenSet();

    private static Topology Read(int mask) => TopologyDocument.Read($$"""
        {"apiVersion": "romana.io/v1alpha1", "networks": [
          {"name": "a", "cidr": "10.0.0.0/24", "block_mask": {{mask}}, "owner": "tenant", "tenants": ["red", "green"],
            "vlan": 7, "gateway": "10.0.0.1", "reserved": ["10.0.0.20/30"]},
          {"name": "b", "cidr": "fd00::/120", "block_mask": 125, "owner": "host"},
          {"name": "c", "cidr": "10.1.0.0/24", "block_mask": {{mask}}, "owner": "tenant-segment", "tenants": ["blue"]}],
         "topologies": [
          {"networks": ["a"], "map": [{"name": "all", "groups": []}]},
          {"networks": ["b"], "map": [{"name": "all", "groups": []}]},
          {"networks": ["c"], "map": [{"name": "x", "assignment": {"rack": "x"}, "groups": []}, {"name": "y", "assignment": {"rack": "y"}, "groups": []}]}]}
        """) is { Topology: { } topology } ? topology : throw new InvalidOperationException("the test's own topology is wrong");
}
