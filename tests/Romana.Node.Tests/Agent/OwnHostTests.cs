using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Node.Agent;

namespace Romana.Node.Tests.Agent;

/// <summary>An agent finds its record by evidence; a name alone proves nothing.</summary>
public sealed class OwnHostTests
{
    private static readonly IpAddress Here = IpAddress.Parse("10.0.0.1");

    [Theory]
    [InlineData("i-1", "m-1", "other-name", "instance i-1")]
    [InlineData("i-9", "m-2", "node-2", null)]
    [InlineData(null, "m-2", "node-9", "machine m-2")]
    [InlineData(null, "m-9", "plain", "plain")]
    [InlineData(null, null, "elsewhere", null)]
    [InlineData(null, "m-3", "gone", null)]
    public async Task By_instance_by_machine_or_by_name_and_address(string? instance, string? machine, string name, string? expected)
    {
        var store = new InMemoryStore();
        HostSpec[] hosts =
        [
            new() { Uid = new("instance i-1"), Name = "node-1", Evidence = new HostEvidence { InstanceId = "i-1" } },
            new() { Uid = new("machine m-2"), Name = "node-2", Evidence = new HostEvidence { MachineId = "m-2", InstanceId = "i-2" } },
            new() { Uid = new("plain"), Name = "plain", Addresses = [Here] },
            new() { Uid = new("elsewhere"), Name = "elsewhere", Addresses = [IpAddress.Parse("10.0.0.9")] },
            new() { Uid = new("gone"), Name = "gone", Evidence = new HostEvidence { MachineId = "m-3" }, Condition = HostCondition.Dead },
        ];
        foreach (var host in hosts) await store.WriteSurelyAsync(RecordTypes.Hosts.Create(host.Uid.Text, Stamp.New(), host), CancellationToken.None);
        var options = new AgentOptions { Store = "s", Journal = "j", Socket = "k", Name = name, InstanceId = instance, MachineId = machine };
        Assert.Equal(expected, (await OwnHost.FindAsync(store, options, [Here], CancellationToken.None))?.Uid.Text);
    }
}
