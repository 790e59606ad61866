using System.Net;
using System.Net.Sockets;
using System.Text;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Wiring;

namespace Romana.Node.Kernel.Tests.Wiring;

/// <summary>Packets over pods' links. A socket belongs to the namespace that it was opened in.</summary>
public sealed class TrafficTests
{
    private const int Port = 4000;

    [Theory]
    [InlineData("10.0.0.8", "10.0.0.9", WiredHost.Uplink4)]
    [InlineData("fd00:10::8", "fd00:10::9", WiredHost.Uplink6)]
    public async Task Pods_talk_with_their_host_and_with_each_other(string a, string b, string hostAddress)
    {
        await using var host = WiredHost.Create();
        var (first, second) = (await host.PlugAsync("a", a), await host.PlugAsync("b", b));
        Assert.Equal(a, Sender(host.Host.Space, hostAddress, first.Pod.Space));
        Assert.Equal(hostAddress, Sender(first.Pod.Space, a, host.Host.Space));
        Assert.Equal(a, Sender(second.Pod.Space, b, first.Pod.Space));
        Assert.Equal(b, Sender(first.Pod.Space, a, second.Pod.Space));
    }

    /// <summary>On the pod's link nobody is asked for an address, so nobody can answer for another.</summary>
    [Fact]
    public async Task Packets_flow_without_a_question_on_the_wire()
    {
        await using var host = WiredHost.Create();
        var (_, wired, pod) = await host.PlugAsync("a", "10.0.0.8 fd00:10::8");
        Assert.Equal("10.0.0.8", Sender(host.Host.Space, WiredHost.Uplink4, pod.Space));
        Assert.Equal("fd00:10::8", Sender(host.Host.Space, WiredHost.Uplink6, pod.Space));
        Assert.DoesNotContain(IpView.Neighbours(host.Host), one => one.Interface == host.Host.Index(wired.HostInterface) && one.State is not (NeighbourState.Permanent or NeighbourState.NoArp));
    }

    [Fact]
    public async Task A_pod_cannot_send_with_anothers_IPv4_address()
    {
        await using var host = WiredHost.Create();
        var (_, _, pod) = await host.PlugAsync("a", "10.0.0.8");
        await host.PlugAsync("b", "10.0.0.9");
        pod.Ip("addr add 10.0.0.9/32 dev eth0");
        using var receiver = Bound(host.Host.Space, WiredHost.Uplink4, Port);
        using var forger = Bound(pod.Space, "10.0.0.9", 0);
        using var honest = Bound(pod.Space, "10.0.0.8", 0);
        forger.SendTo("forged"u8, new IPEndPoint(IPAddress.Parse(WiredHost.Uplink4), Port));

        // Packets of one link keep their order: when this one is there, the other would be.
        Assert.Equal("10.0.0.8", Sender(receiver, honest, WiredHost.Uplink4));
    }

    /// <summary>Looked at while the interface is still there: its going would take the routes along.</summary>
    [Fact]
    public async Task Before_UNPLUG_answers_nothing_reaches_the_pod()
    {
        var before = () => { };
        await using var host = WiredHost.Create(new LinkTerms { Dismiss = (_, _) => before() });
        var (link, wired, pod) = await host.PlugAsync("a", "10.0.0.8");
        Assert.Equal(WiredHost.Uplink4, Sender(pod.Space, "10.0.0.8", host.Host.Space));
        using var sender = host.Host.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        SocketError? met = null;
        before = () =>
        {
            Assert.NotNull(host.Host.Kernel.Interfaces.Get(wired.HostInterface));
            met = Assert.Throws<SocketException>(() => sender.SendTo("x"u8, new IPEndPoint(IPAddress.Parse("10.0.0.8"), Port))).SocketErrorCode;
        };
        await host.UnplugAsync(link);
        Assert.Equal(SocketError.NetworkUnreachable, met);
    }

    /// <summary>The address that a packet is seen to come from.</summary>
    private static string Sender(NetworkNamespace at, string address, NetworkNamespace from)
    {
        using var receiver = Bound(at, address, Port);
        using var sender = from.Run(() => new Socket(receiver.AddressFamily, SocketType.Dgram, ProtocolType.Udp));
        return Sender(receiver, sender, address);
    }

    /// <summary>Sends until one is there: a new link has its carrier in the kernel's own time.</summary>
    private static string Sender(Socket receiver, Socket sender, string address)
    {
        for (var tries = 0; tries < 400; tries++)
        {
            sender.SendTo("hello"u8, new IPEndPoint(IPAddress.Parse(address), Port));
            if (!receiver.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectRead)) continue;
            var buffer = new byte[16];
            EndPoint remote = new IPEndPoint(receiver.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
            Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, receiver.ReceiveFrom(buffer, ref remote)));
            return ((IPEndPoint)remote).Address.ToString();
        }

        throw new TimeoutException($"no packet reached {address}");
    }

    private static Socket Bound(NetworkNamespace space, string address, int port) => space.Run(() =>
    {
        var local = IPAddress.Parse(address);
        var socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(local, port));
        return socket;
    });
}
