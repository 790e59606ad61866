using System.Text.Json;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>
/// A network namespace of one test. It has no name: nothing of it is left when its descriptors are closed, also when the
/// test process is killed, and copies of the tests run beside each other.
/// </summary>
internal sealed class Sandbox : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private Sandbox(NetworkNamespace space)
    {
        Space = space;
        Kernel = KernelNetwork.Open(space);
    }

    public NetworkNamespace Space { get; }

    public KernelNetwork Kernel { get; }

    public static Sandbox Create()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces takes root");
        return new Sandbox(NetworkNamespace.Create());
    }

    /// <summary>With lo up and a veth pair va (10.9.0.1/24, fd00:9::1/64) and vb, both up.</summary>
    public static Sandbox WithPair()
    {
        var sandbox = Create();
        // No link-local address that comes by itself, a second later, with routes and all.
        Sysctl.Set(sandbox.Space, "net/ipv6/conf/default/addr_gen_mode", "1");
        sandbox.Ip("link set lo up");
        sandbox.Ip("link add va type veth peer name vb");
        sandbox.Ip("link set va up");
        sandbox.Ip("link set vb up");
        sandbox.Ip("addr add 10.9.0.1/24 dev va");
        sandbox.Ip("-6 addr add fd00:9::1/64 dev va nodad");
        // The kernel sees the carriers in its own time, and adds a multicast route for each interface then; as for the
        // local route of an IPv6 address.
        Assert.True(SpinWait.SpinUntil(sandbox.IsSettled, Limit), "the pair did not come up");
        return sandbox;
    }

    private bool IsSettled()
    {
        var routes = Kernel.Routes.List(new RouteFilter { Family = IpFamily.IPv6, Table = RouteTables.Local });
        return routes.Count(route => route.Type == RouteType.Multicast) == 2 && routes.Any(route => route.Destination == Cidr.Parse("fd00:9::1/128"));
    }

    public int Va => Index("va");

    public int Index(string name) => Interface(name).Index;

    public Interface Interface(string name) => Kernel.Interfaces.Get(name) ?? throw new InvalidOperationException($"there is no {name}");

    /// <summary>Runs `ip` in the namespace; what it prints.</summary>
    public string Ip(string arguments) => Run("ip", arguments);

    public JsonElement[] IpJson(string arguments)
    {
        var text = Ip("-d -j " + arguments);
        // `ip` prints nothing, or an empty object, for an empty list.
        return text.Trim().Length == 0 ? [] : [.. JsonDocument.Parse(text).RootElement.EnumerateArray().Where(item => item.EnumerateObject().Any())];
    }

    public string Run(string program, string arguments, string input = "") => Commands.Run(Space, program, arguments, input);

    public void Dispose()
    {
        Kernel.Dispose();
        Space.Dispose();
    }
}
