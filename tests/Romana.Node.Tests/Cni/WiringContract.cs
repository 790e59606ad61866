using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Node.Cni;

namespace Romana.Node.Tests.Cni;

/// <summary>What everything that wires pods keeps to, the kernel and the fake alike.</summary>
public abstract class WiringContract
{
    private static readonly AttachmentKey A = new("a", "eth0"), B = new("b", "eth0");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected abstract IPodWiring Wiring { get; }

    /// <summary>The path of a new pod's namespace.</summary>
    private protected abstract string NewPod();

    /// <summary>The pod is gone, and its namespace with it.</summary>
    private protected abstract void DropPod(string path);

    /// <summary>Another plugin gave the pod an interface.</summary>
    private protected abstract void TakeInterface(string path, string name);

    [Theory]
    [InlineData("10.0.0.8")]
    [InlineData("fd00:10::8")]
    [InlineData("10.0.0.8 fd00:10::8")]
    public async Task A_link_stands_is_shown_and_goes(string addresses)
    {
        var link = Link(A, NewPod(), addresses);
        var wired = await Wiring.PlugAsync(link, Cancel);
        Assert.StartsWith("rom", wired.HostInterface);
        Assert.InRange(wired.HostInterface.Length, 4, 15);
        Assert.Null(await Wiring.CheckAsync(link, Cancel));
        Assert.Equal(Seen(link), await LookAsync());
        await Wiring.UnplugAsync(A, link.Addresses, Cancel);
        Assert.NotNull(await Wiring.CheckAsync(link, Cancel));
        Assert.Empty(await LookAsync());
    }

    [Fact]
    public async Task I8_twice_is_once()
    {
        var link = Link(A, NewPod(), "10.0.0.8");
        Assert.Equal(await Wiring.PlugAsync(link, Cancel), await Wiring.PlugAsync(link, Cancel));
        Assert.Equal(Seen(link), await LookAsync());
        await Wiring.UnplugAsync(A, link.Addresses, Cancel);
        await Wiring.UnplugAsync(A, link.Addresses, Cancel);
        Assert.Empty(await LookAsync());
    }

    [Fact]
    public async Task What_was_never_plugged_is_unplugged_without_a_fault()
    {
        await Wiring.UnplugAsync(A, [], Cancel);
        await Wiring.UnplugAsync(A, [IpAddress.Parse("10.0.0.8")], Cancel);
        Assert.Empty(await LookAsync());
    }

    [Fact]
    public async Task A_key_is_plugged_again_while_its_last_link_still_goes()
    {
        for (var round = 0; round < 5; round++)
        {
            var link = Link(A, NewPod(), $"10.0.0.{round}");
            await Wiring.PlugAsync(link, Cancel);
            Assert.Null(await Wiring.CheckAsync(link, Cancel));
            Assert.Equal(Seen(link), await LookAsync());
            await Wiring.UnplugAsync(A, link.Addresses, Cancel);
        }
    }

    [Fact]
    public async Task Links_do_not_mind_each_other()
    {
        var (first, second) = (Link(A, NewPod(), "10.0.0.8"), Link(B, NewPod(), "10.0.0.9"));
        var (one, two) = (await Wiring.PlugAsync(first, Cancel), await Wiring.PlugAsync(second, Cancel));
        Assert.NotEqual(one.HostInterface, two.HostInterface);
        Assert.NotEqual(one.PodMac, two.PodMac);
        await Wiring.UnplugAsync(A, first.Addresses, Cancel);
        Assert.Null(await Wiring.CheckAsync(second, Cancel));
        Assert.Equal(Seen(second), await LookAsync());
    }

    [Fact]
    public async Task Two_interfaces_of_one_pod_are_two_links()
    {
        var path = NewPod();
        var second = Link(new AttachmentKey("a", "net1"), path, "fd00:10::8");
        await Wiring.PlugAsync(Link(A, path, "10.0.0.8"), Cancel);
        await Wiring.PlugAsync(second, Cancel);
        await Wiring.UnplugAsync(A, [], Cancel);
        Assert.Equal(Seen(second), await LookAsync());
        Assert.Null(await Wiring.CheckAsync(second, Cancel));
    }

    [Fact]
    public async Task A_namespace_that_is_not_there_is_a_fault_that_leaves_nothing()
    {
        var path = NewPod();
        DropPod(path);
        var fault = await Assert.ThrowsAsync<WiringException>(() => Wiring.PlugAsync(Link(A, path, "10.0.0.8"), Cancel));
        Assert.Contains(path, fault.Message);
        Assert.Empty(await LookAsync());
    }

    [Fact]
    public async Task An_interface_of_the_pod_that_is_not_ours_is_a_fault_that_leaves_nothing()
    {
        var path = NewPod();
        TakeInterface(path, "eth0");
        var fault = await Assert.ThrowsAsync<WiringException>(() => Wiring.PlugAsync(Link(A, path, "10.0.0.8"), Cancel));
        Assert.Contains("not ours", fault.Message);
        Assert.Empty(await LookAsync());
    }

    [Fact]
    public async Task A_pod_that_is_gone_is_unplugged()
    {
        var path = NewPod();
        var link = Link(A, path, "10.0.0.8");
        await Wiring.PlugAsync(link, Cancel);
        DropPod(path);
        await Wiring.UnplugAsync(A, link.Addresses, Cancel);
        Assert.Empty(await LookAsync());
    }

    [Fact]
    public async Task A_key_that_comes_again_in_another_namespace_is_moved_there()
    {
        var path = NewPod();
        await Wiring.PlugAsync(Link(A, path, "10.0.0.8"), Cancel);
        DropPod(path);
        var again = Link(A, NewPod(), "10.0.0.9");
        await Wiring.PlugAsync(again, Cancel);
        Assert.Null(await Wiring.CheckAsync(again, Cancel));
        Assert.Equal(Seen(again), await LookAsync());
    }

    [Fact]
    public async Task CHECK_tells_other_addresses()
    {
        var link = Link(A, NewPod(), "10.0.0.8");
        await Wiring.PlugAsync(link, Cancel);
        Assert.NotNull(await Wiring.CheckAsync(link with { Addresses = [IpAddress.Parse("10.0.0.9")] }, Cancel));
    }

    private protected static PodLink Link(AttachmentKey key, string path, string addresses) =>
        new(key, path, [.. addresses.Split(' ').Select(IpAddress.Parse)], null);

    private static IEnumerable<SeenAttachment> Seen(PodLink link) => link.Addresses.Select(address => new SeenAttachment(link.Key, address));

    private async Task<ImmutableArray<SeenAttachment>> LookAsync() => await Wiring.LookAsync(Cancel);
}
