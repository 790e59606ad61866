using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Planning;

namespace Romana.Ipam.Tests.Planning;

/// <summary>The invariants as an onlooker sees them: from what agents answered, not from what the records say.</summary>
internal sealed class Checks(Cluster cluster)
{
    private static readonly TimeSpan Youngest = TimeSpan.FromSeconds(5);
    private readonly Dictionary<IpAddress, (SimulatedHost Host, AttachmentKey Key)> _holders = [];
    private readonly Dictionary<IpAddress, DateTimeOffset> _released = [];

    public static void OfPlan(LifecyclePlan plan)
    {
        // I5: nothing routable overlaps anything else that is routable.
        foreach (var (left, right) in plan.Routable.Zip(plan.Routable.Skip(1)))
            Assert.False(left.Cidr.Overlaps(right.Cidr), $"I5: {left.Cidr} and {right.Cidr} are both routable");
    }

    public void Attached(SimulatedHost host, AttachmentKey key, AddressOutcome outcome)
    {
        if (outcome is not AddressOutcome.Attached attached) return;
        foreach (var row in attached.Rows)
        {
            Assert.True(Cluster.Narrow.Network(row.Network)!.Cidr.Contains(row.Address), $"I3: {row.Address} is not of {row.Network}");
            Assert.DoesNotContain(row.Address.ToString(), (string[])["10.0.0.0", "10.0.0.1", "10.0.0.20", "10.0.0.23", "10.0.0.255"]);
            if (_holders.TryGetValue(row.Address, out var holder))
            {
                Assert.True(holder.Host == host && holder.Key == key, $"I1: {row.Address} is of {holder.Host.Uid} {holder.Key} and of {host.Uid} {key}");
                continue;
            }

            Rested(row.Address, attached);
            _holders[row.Address] = (host, key);
        }

        // I8: asked again, the same; I9: one of each family that was asked for, or nothing.
        var again = Assert.IsType<AddressOutcome.Attached>(host.Book.Attach(new AddressRequest { Key = key }, cluster.Now));
        Assert.Equal(attached.Rows.AsEnumerable(), again.Rows.AsEnumerable());
        Assert.Equal(attached.Rows.Length, attached.Rows.Select(row => row.Address.Family).Distinct().Count());
    }

    public void Released(SimulatedHost host, AttachmentKey key)
    {
        foreach (var address in _holders.Where(pair => pair.Value.Host == host && pair.Value.Key == key).Select(pair => pair.Key).ToList())
        {
            _holders.Remove(address);
            _released[address] = cluster.Now;
        }
    }

    public void Gone(SimulatedHost host)
    {
        foreach (var key in _holders.Values.Where(holder => holder.Host == host).Select(holder => holder.Key).Distinct().ToList()) Released(host, key);
    }

    /// <summary>I10: what was answered is in the journal after a restart.</summary>
    public void Restarted(SimulatedHost host)
    {
        foreach (var (address, holder) in _holders.Where(pair => pair.Value.Host == host))
            Assert.Contains(host.Book.Attachments[holder.Key], row => row.Address == address);
    }

    /// <summary>I2: what two living hosts hold never overlaps.</summary>
    public void Held()
    {
        var held = cluster.Hosts.SelectMany(host => host.Book.Status(new LifecycleDemand(), null, null).Held.Select(block => (block.Cidr, host.Uid)))
            .OrderBy(block => block.Cidr).ToList();
        foreach (var (left, right) in held.Zip(held.Skip(1)))
            Assert.False(left.Cidr.Overlaps(right.Cidr), $"I2: {left} and {right}");
    }

    private void Rested(IpAddress address, AddressOutcome.Attached attached)
    {
        if (!_released.Remove(address, out var released)) return;
        var age = cluster.Now - released;
        Assert.True(age >= Youngest, $"I6: {address} again after {age}");
        Assert.True(age >= TimeSpan.FromSeconds(60) || attached.EarlyReuse.Contains(address), $"I6: {address} again after {age} without a word");
    }
}
