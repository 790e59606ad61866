using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Nftables;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Linux;

/// <summary>
/// Reads and writes what the plan of a host speaks of, in one namespace. One caller at a time. Of nftables and
/// iptables it keeps what it read or wrote last, since looking there is slow; <see cref="ForgetTable"/> and
/// <see cref="ForgetForward"/> make it look again.
/// </summary>
/// <param name="space">Null is the calling thread's namespace.</param>
internal sealed class KernelFabric : IDisposable
{
    private readonly NetworkNamespace? _space;
    private readonly KernelNetwork _kernel;
    private readonly INftables _nft;
    private readonly Iptables _iptables;
    private (NftListing? Listing, bool IsKnown) _table;
    private ImmutableArray<ForwardListing> _forward;
    private ImmutableArray<string> _forbidding = [];

    /// <summary>Of the rules when table and layout agreed last: what somebody rewrites under the same names is seen by it.</summary>
    private (string Layout, string Print)? _print;

    public KernelFabric(NetworkNamespace? space)
    {
        _space = space;
        _kernel = space is null ? KernelNetwork.Open() : KernelNetwork.Open(space);
        (_nft, _iptables, Vlans) = (NftablesAccess.Open(space), new Iptables(space), new KernelVlans(_kernel));
    }

    public KernelVlans Vlans { get; }

    /// <inheritdoc cref="INftables.IsOwn"/>
    public bool IsOwn(NftWriter writer) => _nft.IsOwn(writer);

    /// <summary>Port of the requests made here.</summary>
    public uint Port => _kernel.Port;

    /// <summary>Requests for a change so far.</summary>
    public long Writes { get; private set; }

    public KernelLook Look() => new()
    {
        Interfaces = _kernel.Interfaces.List(),
        Addresses = _kernel.Addresses.List(),
        Main = _kernel.Routes.List(new RouteFilter { Table = RouteTables.Main }),
        WayTo = WayTo,
        AcceptsAdvertisements = name => Sysctl.Get(_space, $"net/ipv6/conf/{name}/accept_ra"),
    };

    /// <summary>The same look, for VLANs.</summary>
    public VlanLook ForVlans(KernelLook look) => new() { Interfaces = look.Interfaces, Addresses = look.Addresses, HasTagging = Vlans.HasTagging, NamesMakers = KernelVlans.NamesMakers };

    public KernelActual Actual(KernelState wanted, KernelLook look)
    {
        if (!_table.IsKnown) (_table, _forbidding) = ((ReadTable(), true), ReadForbidding());
        if (_forward.IsDefault) _forward = [.. new[] { IpFamily.IPv4, IpFamily.IPv6 }.Select(_iptables.Read).OfType<ForwardListing>()];
        return new KernelActual
        {
            Settings = Settings(wanted),
            Rules = [.. _kernel.Rules.List()],
            Routes = [.. look.Main, .. Table(FabricTerms.TransitTable), .. Table(FabricTerms.EgressTable),
                .. _kernel.Routes.List(new RouteFilter { Protocol = RouteProtocols.Romana }).Where(route => VlanTerms.IsTable(route.Table))],
            Nft = Proved(wanted.Nft, _table.Listing),
            Forward = _forward,
            Forbidding = _forbidding,
            PodInterfaces = [.. look.Interfaces.Where(item => FabricTerms.IsPodInterface(item.Name)).Select(item => item.Index)],
            Interfaces = [.. look.Interfaces],
            Addresses = [.. look.Addresses],
            Proxies = [.. Vlans.Proxies()],
        };
    }

    public void ForgetTable() => _table = default;

    public void ForgetForward() => _forward = default;

    /// <summary>Null: done; else why the world does not allow it: look again.</summary>
    /// <exception cref="IOException"/>
    public string? Apply(KernelChange change, KernelState wanted)
    {
        Writes++;
        switch (change)
        {
            case KernelChange.Setting { Wanted: var setting }:
                Sysctl.Set(_space, setting.Name, setting.Value);
                return null;
            case KernelChange.AddRoute { Route: var route }: return Refusal(_kernel.Routes.Add(route), change);
            case KernelChange.ReplaceRoute { Route: var route }: return Refusal(_kernel.Routes.Replace(route), change);
            case KernelChange.RemoveRoute { Route: var route }: return Refusal(_kernel.Routes.Remove(route), change);
            case KernelChange.AddRule { Rule: var rule }: return Refusal(_kernel.Rules.Add(rule), change);
            case KernelChange.RemoveRule { Rule: var rule }: return Refusal(_kernel.Rules.Remove(rule), change);
            case KernelChange.ReplaceTable { Text: var text }:
                ForgetTable();
                _print = null;
                return Refusal(_nft.Apply(text));
            case KernelChange.Elements { Text: var text }: return ApplyElements(text, wanted.Nft);
            case KernelChange.Forward { Family: var family, Text: var text }:
                _iptables.Restore(family, text);
                ForgetForward();
                return null;
            default: return Vlans.Apply(change);
        }
    }

    /// <summary>
    /// One pod's elements of sets, at once and without a look at anything else. False: there is no such table yet, or it is not what was
    /// thought; the next pass puts the pod in.
    /// </summary>
    /// <exception cref="IOException"/>
    public bool Admit(IEnumerable<(string Set, ImmutableArray<string> Elements)> pod) => ChangePod("add", pod, (set, elements) => set.Union(elements));

    /// <inheritdoc cref="Admit"/>
    public bool Dismiss(IEnumerable<(string Set, ImmutableArray<string> Elements)> pod) => ChangePod("delete", pod, (set, elements) => set.Except(elements));

    public void Dispose() => _kernel.Dispose();

    private bool ChangePod(
        string verb, IEnumerable<(string Set, ImmutableArray<string> Elements)> pod, Func<ImmutableSortedSet<string>, ImmutableArray<string>, ImmutableSortedSet<string>> change)
    {
        var (text, sets) = ("", _table.Listing?.Sets);
        foreach (var (name, elements) in pod)
        {
            text += $"{verb} element inet {FabricTerms.NftTable} {name} {{ {string.Join(", ", elements)} }}\n";
            if (sets is not null && sets.TryGetValue(name, out var standing)) sets = sets.SetItem(name, change(standing, elements));
        }

        if (text.Length == 0) return true;
        Writes++;
        if (_nft.Apply(text) is NftAnswer.Refused)
        {
            ForgetTable();
            return false;
        }

        if (sets is not null) _table.Listing = _table.Listing! with { Sets = sets };
        return true;
    }

    /// <summary>A refusal means that the table is not what was thought: it is read again.</summary>
    private string? ApplyElements(string text, NftTable? wanted)
    {
        var refusal = Refusal(_nft.Apply(text));
        if (refusal is null && wanted is not null && _table.Listing is { } known)
            _table.Listing = known with { Sets = wanted.Sets.ToImmutableDictionary(set => set.Name, set => set.Elements, StringComparer.Ordinal) };
        else ForgetTable();
        return refusal;
    }

    private static string? Refusal(NftAnswer answer) => (answer as NftAnswer.Refused)?.Text;

    private NftListing? Proved(NftTable? wanted, NftListing? table)
    {
        if (wanted is null || table is null || !table.HasLayoutOf(wanted)) return table;
        _print = _print is { } known && known.Layout == table.LayoutName ? known : (table.LayoutName!, table.Print);
        // Rewritten under the same names: nothing of it is trusted.
        return table.Print == _print.Value.Print ? table : null;
    }

    private NftListing? ReadTable() => _nft.Read($"list table inet {FabricTerms.NftTable}") switch
    {
        NftAnswer.Done done => NftListing.Read(done.Output),
        NftAnswer.Refused refused when refused.Text.Contains("No such file or directory", StringComparison.Ordinal) => null,
        NftAnswer.Refused refused => throw new IOException($"nftables cannot list our table: {refused.Text}"),
        var other => throw new InvalidOperationException($"unknown answer {other}"),
    };

    private ImmutableArray<string> ReadForbidding() => _nft.Read("list chains") switch
    {
        NftAnswer.Done done => NftListing.Forbidding(done.Output),
        NftAnswer.Refused refused => throw new IOException($"nftables cannot list its chains: {refused.Text}"),
        var other => throw new InvalidOperationException($"unknown answer {other}"),
    };

    private static string? Refusal(Outcome outcome, KernelChange change) => outcome.Kind switch
    {
        OutcomeKind.Refused => outcome.ToString(),
        OutcomeKind.Exists => $"cannot {change}: another has made it meanwhile",
        _ => null,
    };

    private IReadOnlyList<Route> Table(uint table) => _kernel.Routes.List(new RouteFilter { Table = table });

    private Route? WayTo(IpAddress address) =>
        _kernel.Routes.Lookup(new RouteQuestion(address) { AsRoute = true }) is RouteAnswer.Found found ? found.Route : null;

    /// <summary>All of them by one thread in the namespace.</summary>
    private ImmutableArray<KernelSetting> Settings(KernelState wanted)
    {
        return _space is null ? Read() : _space.Run(Read);

        ImmutableArray<KernelSetting> Read() =>
            [.. from setting in wanted.Settings
                let value = Sysctl.Get(null, setting.Name)
                where value is not null
                select new KernelSetting(setting.Name, value)];
    }
}
