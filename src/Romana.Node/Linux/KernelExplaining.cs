using Romana.Node.Explaining;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Nftables;
using Romana.Node.Planning;

namespace Romana.Node.Linux;

/// <summary>Looks at the kernel for an explanation; changes nothing.</summary>
/// <param name="space">Null is the calling thread's namespace.</param>
internal sealed class KernelExplaining(NetworkNamespace? space) : IDisposable
{
    private readonly KernelNetwork _kernel = space is null ? KernelNetwork.Open() : KernelNetwork.Open(space);
    private readonly INftables _nft = NftablesAccess.Open(space);

    /// <exception cref="IOException"/>
    public Explanation Explain(PacketQuestion packet) => PacketPath.Explain(packet, Look());

    public void Dispose() => _kernel.Dispose();

    private ExplainLook Look() => new()
    {
        Interfaces = _kernel.Interfaces.List(),
        Addresses = _kernel.Addresses.List(),
        Rules = _kernel.Rules.List(),
        Table = (family, table) => _kernel.Routes.List(new RouteFilter { Family = family, Table = table }),
        Ask = Ask,
        Nft = Table(),
        Forbidding = _nft.Read("list chains") is NftAnswer.Done chains ? NftListing.Forbidding(chains.Output) : [],
    };

    /// <summary>EXDEV is the reverse-path check's own error, which is a refusal like another.</summary>
    private RouteAnswer Ask(RouteQuestion question)
    {
        try
        {
            return _kernel.Routes.Lookup(question);
        }
        catch (NetlinkException fault) when (fault.Error is { Errno: Errno.CrossDevice or Errno.Invalid } error)
        {
            return new RouteAnswer.Refused(error);
        }
    }

    private NftPicture? Table() => _nft.Read($"list table inet {FabricTerms.NftTable}") switch
    {
        NftAnswer.Done done => NftPicture.Read(done.Output),
        NftAnswer.Refused refused when refused.Text.Contains("No such file or directory", StringComparison.Ordinal) => null,
        NftAnswer.Refused refused => throw new IOException($"nftables cannot list our table: {refused.Text}"),
        var other => throw new InvalidOperationException($"unknown answer {other}"),
    };
}
