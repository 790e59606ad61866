using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;

namespace Romana.Ipam.Tests.Lifecycle;

// What pods were told, and what hosts hold.
internal sealed partial class Onlooker
{
    private static readonly TimeSpan Youngest = TimeSpan.FromSeconds(5), ReuseDelay = TimeSpan.FromSeconds(60);

    private readonly Dictionary<IpAddress, (SimulatedHost Host, AddressRequest Request)> _holders = [];
    private readonly Dictionary<IpAddress, DateTimeOffset> _released = [];
    private readonly Dictionary<(IpAddress First, long Epoch), HostUid> _accepted = [];

    /// <param name="standing">What this key's pod was told before; null if there is none.</param>
    public void Attached(SimulatedHost host, AddressRequest request, Pod? standing, bool isKnown, AddressOutcome outcome)
    {
        if (outcome is not AddressOutcome.Attached attached)
        {
            Unless(isKnown || !host.Book.Attachments.ContainsKey(request.Key), "I9", $"{request.Key} was refused and has something");
            return;
        }

        Unless(standing is null || Same(standing.Rows, attached.Rows), "I8", $"{request.Key} asked again and was told {attached.Rows[0].Address}");
        Unless(host.Book.Attach(request, cluster.Now) is AddressOutcome.Attached again && Same(again.Rows, attached.Rows), "I8", $"{request.Key} asked twice");
        Unless(attached.Rows.Select(row => row.Address.Family).SequenceEqual(request.Families), "I9",
            $"{request.Key} asked for {string.Join(" and ", request.Families)} and got {attached.Rows.Length} addresses");

        // An early reuse was told with the answer that a crash took away.
        var told = isKnown && standing is null ? attached with { EarlyReuse = [.. attached.Rows.Select(row => row.Address)] } : attached;
        foreach (var row in attached.Rows) Told(host, request, row, told);
    }

    public void Released(SimulatedHost host, AttachmentKey key)
    {
        foreach (var address in _holders.Where(pair => pair.Value.Host == host && pair.Value.Request.Key == key).Select(pair => pair.Key).ToList())
        {
            _holders.Remove(address);
            _released[address] = cluster.Now;
        }
    }

    /// <summary>All its pods are gone, or nobody's concern any more.</summary>
    public void Gone(SimulatedHost host)
    {
        foreach (var key in _holders.Values.Where(holder => holder.Host == host).Select(holder => holder.Request.Key).Distinct().ToList()) Released(host, key);
        Forgot(host);
    }

    /// <summary>What it accepted once and gave back, nobody but its journal knew.</summary>
    public void Forgot(SimulatedHost host)
    {
        foreach (var grant in _accepted.Where(pair => pair.Value == host.Uid).Select(pair => pair.Key).ToList()) _accepted.Remove(grant);
    }

    /// <summary>Its pods ended with the boot; it holds what it held.</summary>
    public void Rebooted(SimulatedHost host)
    {
        foreach (var key in _holders.Values.Where(holder => holder.Host == host).Select(holder => holder.Request.Key).Distinct().ToList()) Released(host, key);
    }

    public static IReadOnlyList<HeldBlock> Remembered(SimulatedHost host) => Held(host);

    /// <summary>What was answered or reported is in the journal.</summary>
    /// <param name="held">Null when the journal is a restored copy: then the kernel's pods alone must be there.</param>
    public void Restarted(SimulatedHost host, IReadOnlyList<HeldBlock>? held)
    {
        foreach (var pod in host.Pods.Values)
        {
            Unless(host.Book.Attachments.TryGetValue(pod.Request.Key, out var rows) && pod.Rows.All(row => rows.Any(kept => kept.Address == row.Address)),
                "I10", $"{pod.Request.Key} was told {pod.Rows[0].Address}, and after a restart its host does not know");
        }

        Unless(held is null || held.SequenceEqual(Held(host)), "I10",
            $"{host.Uid} held {string.Join(", ", held ?? [])} and after a restart {string.Join(", ", Held(host))}");
    }

    public void Considered(SimulatedHost host, BlockSpec block, BlockStatus? word)
    {
        if (word?.Phase != BlockPhase.Accepted || !cluster.Hosts.Contains(host) || block.Intent != BlockIntent.Lent) return;
        if (_accepted.TryGetValue((block.Cidr.First, block.Epoch), out var other))
        {
            Unless(other == host.Uid, "I4", $"{block.Cidr} with epoch {block.Epoch} was accepted by {other} and {host.Uid}");
            return;
        }

        _accepted[(block.Cidr.First, block.Epoch)] = host.Uid;
        if (cluster.WasRestored) return;
        var group = block.Network != "c" ? Documents.Of(Documents.Narrow).Network(block.Network)!.Cidr
            : Cidr.Parse(host.Rack == "x" ? "10.1.0.0/25" : "10.1.0.128/25");
        Unless(group.Contains(block.Cidr), "I3", $"{host.Uid} of rack {host.Rack} accepted {block.Cidr}");
    }

    /// <summary>What two living hosts hold never overlaps, and all pods of one block have one owner.</summary>
    public void Held()
    {
        var held = cluster.Hosts.SelectMany(host => Serving(host).Select(block => (block.Cidr, Host: host))).OrderBy(block => block.Cidr).ToList();
        foreach (var (left, right) in held.Zip(held.Skip(1)))
            Unless(!left.Cidr.Overlaps(right.Cidr), "I2", $"{left.Host.Uid} holds {left.Cidr} and {right.Host.Uid} holds {right.Cidr}");
        foreach (var (cidr, host) in held)
        {
            var owners = host.Pods.Values.SelectMany(pod => pod.Rows.Where(row => cidr.Contains(row.Address)).Select(row => OwnerOf(row.Address, pod.Request))).Distinct().ToList();
            Unless(owners.Count < 2, "I4", $"{cidr} of {host.Uid} is shared by {string.Join(" and ", owners)}");
        }
    }

    private void Told(SimulatedHost host, AddressRequest request, JournalAttachment row, AddressOutcome.Attached attached)
    {
        var address = row.Address;
        cluster.Tell?.Invoke($"    {host.Uid} tells {request.Key}: {row.Address}");
        Unless(Documents.Of(Documents.Narrow).Network(NetworkOf(address))!.Cidr.Contains(address), "I3", $"{address} is of no network");
        Unless(!Documents.IsKept(address), "I7", $"{address} is the network's, the gateway's, a node's or reserved, and was handed out");

        // A restored topology may bring a black-out back under its pods.
        Unless(cluster.WasRestored || _topology?.BlackOuts.Any(cidr => cidr.Contains(address)) != true, "I7", $"{address} is blacked out and was handed out");
        if (_holders.TryGetValue(address, out var holder))
        {
            Unless(holder.Host == host && holder.Request.Key == request.Key, "I1",
                $"{address} is of {holder.Host.Uid} {holder.Request.Key} and of {host.Uid} {request.Key}");
            return;
        }

        var owner = OwnerOf(address, request);
        foreach (var neighbour in Cidr.Around(address, address.Family == IpFamily.IPv4 ? 29 : 125) is var slot ? Enumerable.Range(0, 8).Select(at => slot.First.Plus((UInt128)at)) : [])
        {
            if (_holders.TryGetValue(neighbour, out var beside) && beside.Host == host)
                Unless(OwnerOf(neighbour, beside.Request) == owner, "I4", $"{address} of {owner} is in one block with {neighbour} of {OwnerOf(neighbour, beside.Request)}");
        }

        Rested(address, attached);
        _holders[address] = (host, request);
    }

    private void Rested(IpAddress address, AddressOutcome.Attached attached)
    {
        if (!_released.Remove(address, out var released)) return;
        var age = cluster.Now - released;
        Unless(age >= Youngest, "I6", $"{address} again after {age}");
        Unless(age >= ReuseDelay || attached.EarlyReuse.Contains(address), "I6", $"{address} again after {age} without a word");
    }

    private static string NetworkOf(IpAddress address) => address.Family == IpFamily.IPv6 ? "b" : Cidr.Parse("10.0.0.0/24").Contains(address) ? "a" : "c";

    /// <summary>Who shares a block there, in each of the three ways.</summary>
    private static Owner OwnerOf(IpAddress address, AddressRequest request) => NetworkOf(address) switch
    {
        "a" => new Owner(request.Tenant),
        "b" => Owner.Host,
        _ => new Owner(request.Tenant, request.Segment ?? ""),
    };

    private static bool Same(IEnumerable<JournalAttachment> left, IEnumerable<JournalAttachment> right) =>
        left.Select(row => row.Address).SequenceEqual(right.Select(row => row.Address));
}
