using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Romana.Stores.Sqlite;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>
/// The store that the lab's agents share: a topology of two VLANs in both families and a routed network, both hosts, and a
/// block of each network lent to each. The controller that would have written it says no more.
/// </summary>
internal static class VlanStore
{
    /// <summary>For tenants that no VLAN names.</summary>
    public static readonly Cidr Routed = Cidr.Parse("10.1.0.0/16");

    /// <param name="more">Keys of every VLAN network, as JSON, beginning with a comma.</param>
    public static async Task<string> CreateAsync(string folder, IEnumerable<VlanHost> hosts, string nodes = "first-of-block", string more = "", bool isTagged = false)
    {
        var path = Path.Combine(folder, "romana.db");
        using var store = SqliteStore.Open(new SqliteStoreOptions { Path = path });
        var document = Document(nodes, more, isTagged);
        var layout = TopologyDocument.Read(document).Topology ?? throw new InvalidOperationException(document);
        await PutAsync(store, RecordTypes.Topology.Create("topology", Stamp.New(), new TopologySpec
        {
            Document = document,
            Generation = 1,
            Arenas = [.. layout.Networks.Select(network => new Arena(network.Name, network.Cidr, network.BlockMask))],
        }));
        foreach (var (host, index) in hosts.Select((host, index) => (host, index)))
        {
            var uid = new HostUid($"h-{host.Name}");
            await PutAsync(store, RecordTypes.Hosts.Create(uid.Text, Stamp.New(), new HostSpec
            {
                Uid = uid,
                Name = host.Name,
                Evidence = new HostEvidence { MachineId = MachineId(host) },
                Addresses = [host.Address],
                Groups = layout.Networks.ToImmutableSortedDictionary(network => network.Name, network => network.Cidr),
                AgentAdmitted = true,
            }));
            foreach (var network in layout.Networks) await PutAsync(store, Lend(network, host, index, uid));
        }

        return path;
    }

    public static string MachineId(VlanHost host) => $"machine-{host.Name}";

    /// <summary>"green" for 10 and "blue" for 20: a pod's namespace says its VLAN.</summary>
    public static string Tenant(int vlan) => vlan == 10 ? "green" : "blue";

    private static Write.Create Lend(Network network, VlanHost host, int index, HostUid uid)
    {
        var cidr = network.Vlan is { } vlan ? VlanLab.Block(vlan, host.Octet, network.Cidr.Family) : network.Cidr.Slice(network.BlockMask, (UInt128)index);
        return RecordTypes.Blocks.Create(BlockKey.Of(cidr), Stamp.New(), new BlockSpec
        {
            Cidr = cidr,
            Network = network.Name,
            Group = network.Cidr,
            Host = uid,
            Epoch = 1,
            Generation = 1,
            Intent = BlockIntent.Lent,
            RoutedEpoch = 1,
        });
    }

    private static string Document(string nodes, string more, bool isTagged)
    {
        var vlans = from vlan in VlanLab.Numbers
                    from family in VlanLab.Families
                    let plain = isTagged ? "" : $"\"interface\":\"v{vlan}\","
                    let source = nodes == "range" ? $"{VlanLab.In(vlan, 2, family)}/{(family == IpFamily.IPv4 ? 31 : 127)}" : nodes
                    select $$"""
                        {"name":"{{Tenant(vlan)}}{{(family == IpFamily.IPv4 ? "4" : "6")}}","cidr":"{{VlanLab.Network(vlan, family)}}","block_mask":{{(family == IpFamily.IPv4 ? 28 : 124)}},
                         "owner":"host","tenants":["{{Tenant(vlan)}}"],"vlan":{{vlan}},{{plain}}"gateway":"{{VlanLab.In(vlan, 1, family)}}","node_addresses":"{{source}}"{{more}}}
                        """;
        var routed = $$"""{"name":"pods","cidr":"{{Routed}}","block_mask":26,"owner":"host"}""";
        return $$"""
            {"apiVersion":"romana.io/v1alpha1","networks":[{{string.Join(",\n", vlans.Append(routed))}}],
             "topologies":[{"networks":["green4","green6","blue4","blue6","pods"],"map":[{"groups":[]}]}]}
            """;
    }

    private static async Task PutAsync(SqliteStore store, Write write) => Assert.IsType<WriteResult.Committed>(await store.WriteSurelyAsync(write, CancellationToken.None));
}
