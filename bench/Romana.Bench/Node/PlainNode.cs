using Romana.Ipam.Addressing;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Bench.Node;

/// <summary>A namespace that forwards between a wire and a pod by two connected routes: no rule, no table, no filter.</summary>
internal sealed class PlainNode : IDisposable
{
    public const string PodAddress = "10.244.0.2", WireAddress = "10.0.0.1";

    private readonly NetworkNamespace _host = NetworkNamespace.Create();

    public PlainNode()
    {
        Links.Connect(Wire, "node", _host, "eth0", (WireAddress, 24), ("10.0.0.10", 24));
        Links.Connect(_host, "pod", Pod, "eth0", ("10.244.0.1", 24), (PodAddress, 24));
        Links.Default(Pod, "eth0", "10.244.0.1");
        Links.Default(Wire, "node", "10.0.0.10");
        Sysctl.Set(_host, "net/ipv4/ip_forward", "1");
    }

    public NetworkNamespace Wire { get; } = NetworkNamespace.Create();

    public NetworkNamespace Pod { get; } = NetworkNamespace.Create();

    public void Dispose()
    {
        Pod.Dispose();
        _host.Dispose();
        Wire.Dispose();
    }
}

/// <summary>Pairs of interfaces between the bench's namespaces.</summary>
internal static class Links
{
    public static void Connect(NetworkNamespace one, string name, NetworkNamespace other, string far, (string Address, int Length) near, (string Address, int Length) beyond)
    {
        using var kernel = KernelNetwork.Open(one);
        using var there = KernelNetwork.Open(other);
        kernel.Interfaces.AddVeth(new VethRequest(new VethEnd(name), new VethEnd(far)) { FarNamespace = other.Handle });
        foreach (var (network, end, (address, length)) in new[] { (kernel, name, near), (there, far, beyond) })
        {
            var index = network.Interfaces.Get(end)!.Index;
            foreach (var up in new[] { 1, index }) network.Interfaces.Change(up, new InterfaceChange { IsUp = true });
            network.Addresses.Add(new InterfaceAddress { Interface = index, Address = IpAddress.Parse(address), Length = length });
        }
    }

    /// <summary>A change that nobody minds and that the kernel tells of.</summary>
    public static void Touch(NetworkNamespace space, string name)
    {
        using var kernel = KernelNetwork.Open(space);
        var found = kernel.Interfaces.Get(name)!;
        kernel.Interfaces.Change(found.Index, new InterfaceChange { Alias = found.Alias == "touched" ? "touched again" : "touched" });
    }

    public static void Default(NetworkNamespace space, string name, string gateway)
    {
        using var kernel = KernelNetwork.Open(space);
        kernel.Routes.Add(new Route { Protocol = RouteProtocols.Static, Destination = Cidr.Parse("0.0.0.0/0"), Hops = [new NextHop(kernel.Interfaces.Get(name)!.Index, IpAddress.Parse(gateway))] });
    }
}
