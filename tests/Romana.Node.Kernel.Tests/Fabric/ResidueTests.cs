using Romana.Node.Linux;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <summary>What an agent kept in the kernel goes again without a trace, and takes nothing of others' with it.</summary>
public sealed class ResidueTests : IDisposable
{
    private readonly LabHost _host;

    public ResidueTests()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces takes root");
        _host = new LabHost("h1");
        _host.Node.Ip("""
            link add eth0 type veth peer name far
            link set far up
            link set eth0 up
            """);
        _host.SetUp();
    }

    public void Dispose() => _host.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("rule del pref 530")]
    [InlineData("route flush table 880")]
    public async Task The_dumps_are_what_they_were(string? harm)
    {
        // Of somebody else, and like ours.
        _host.Node.Run("ip", "rule add pref 501 iif eth0 to 100.64.0.0/16 lookup 880 proto static");
        _host.Node.Run("ip", "route add 198.51.100.0/24 via 10.0.1.12 dev eth0 table 882 proto static");
        _host.Node.Run("nft", "add table inet romana-not-ours");
        var before = RunningAgent.DumpOf(_host);
        await using (var agent = await RunningAgent.StartAsync(_host)) Assert.NotEqual(before, agent.Dump());
        if (harm is not null) _host.Node.Run("ip", harm);
        var residue = new KernelResidue(_host.Node.Space);
        Assert.True(residue.Remove() > 5);
        Assert.Equal(before, RunningAgent.DumpOf(_host));
        Assert.Equal(0, residue.Remove());
        Assert.Contains("198.51.100.0/24", _host.Node.Run("ip", "route show table 882"), StringComparison.Ordinal);
    }
}
