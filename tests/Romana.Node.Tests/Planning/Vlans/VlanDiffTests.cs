using System.Collections.Immutable;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Tests.Planning.Vlans;

public sealed class VlanDiffTests
{
    private static readonly KernelState Wanted = VlanState.Of(VlanCases.Facts(VlanCases.Plain, VlanCases.Look));

    private static readonly KernelActual Settled = new()
    {
        Interfaces = [.. VlanCases.Look.Interfaces],
        Addresses = [.. VlanCases.Look.Addresses, .. Wanted.Addresses],
        Settings = Wanted.Settings,
        Rules = Wanted.Rules,
        Routes = Wanted.Routes,
        Proxies = Wanted.Proxies,
        Nft = SimulatedKernel.Listing(Wanted.Nft!),
    };

    private static readonly KernelState Nothing = new() { Settings = [], Rules = [], Routes = [], Nft = Wanted.Nft };

    [Fact]
    public void What_is_as_it_shall_be_needs_nothing() => Assert.Empty(Plan(Wanted, Settled));

    [Fact]
    public void Each_single_loss_is_one_change()
    {
        Assert.All(Wanted.Rules, rule => Assert.Equal($"add rule {rule}", Single(Settled with { Rules = Settled.Rules.Remove(rule) })));
        Assert.All(Wanted.Routes, route => Assert.Equal($"add route {route}", Single(Settled with { Routes = Settled.Routes.Remove(route) })));
        Assert.All(Wanted.Addresses, address => Assert.Equal($"add address {address}", Single(Settled with { Addresses = Settled.Addresses.Remove(address) })));
        Assert.All(Wanted.Proxies, proxy => Assert.Equal($"add {proxy}", Single(Settled with { Proxies = Settled.Proxies.Remove(proxy) })));
        Assert.Equal("replace nft table inet romana", Single(Settled with { Nft = null }));
        Assert.All(Wanted.Settings, setting => Assert.Equal($"set {setting.Name} = {setting.Value}",
            Single(Settled with { Settings = Settled.Settings.Replace(setting, setting with { Value = "other" }) })));
    }

    [Fact]
    public void The_managements_way_stands_first_and_falls_last()
    {
        var coming = Plan(Wanted, new KernelActual { Interfaces = [.. VlanCases.Look.Interfaces] });
        Assert.Equal(VlanTerms.ManagementPriority, Rule(coming[0])!.Priority);
        var going = Plan(Nothing, Settled with { Nft = null });
        var rules = going.Select(change => change is KernelChange.RemoveRule { Rule: var rule } ? rule : null).OfType<Rule>().ToList();
        Assert.Equal(Wanted.Rules.Length, rules.Count);
        Assert.Equal(VlanTerms.ManagementPriority, rules[^1].Priority);
    }

    /// <summary>A source whose lookup goes while its refusal is not there yet, or no more, would fall through to main.</summary>
    [Fact]
    public void What_refuses_stands_before_what_leads_and_falls_after_it()
    {
        var coming = Plan(Wanted, new KernelActual { Interfaces = [.. VlanCases.Look.Interfaces] }).ToList();
        var going = Plan(Nothing, Settled).ToList();
        Assert.True(Last(coming, IsRefusal) < First(coming, change => Rule(change) is { Priority: VlanTerms.SourcePriority }));
        Assert.True(Last(coming, IsRefusal) < First(coming, IsWay));
        Assert.True(First(going, change => Gone(change) is { Priority: VlanTerms.SourceEndPriority }) > Last(going, change => Gone(change) is { Priority: VlanTerms.SourcePriority }));
        Assert.True(First(going, change => Gone(change) is { Priority: VlanTerms.WireEndPriority }) > Last(going, change => Gone(change) is { Priority: VlanTerms.WirePriority }));
    }

    [Fact]
    public void A_tagged_interface_is_made_then_set_up_then_addressed()
    {
        Assert.Contains(Plan(VlanState.Of(VlanCases.Facts(VlanCases.Tagged, VlanCases.Look)), new KernelActual { Interfaces = [.. VlanCases.Look.Interfaces] }),
            change => change is KernelChange.AddLink { Link: { Name: "rvlan10", Id: 10, Trunk: 3 } });
        var standing = Plan(VlanState.Of(VlanCases.Facts(VlanCases.Tagged, VlanCases.WithTagged)), new KernelActual { Interfaces = [.. VlanCases.WithTagged.Interfaces] });
        Assert.Contains(standing, change => change is KernelChange.SetUp { Name: "storage.200" });
        Assert.DoesNotContain(standing, change => change is KernelChange.AddLink);
    }

    [Fact]
    public void Nothing_of_others_is_touched()
    {
        var foreign = Settled with
        {
            Rules = [.. Settled.Rules.Select(rule => rule with { Protocol = RouteProtocols.Static })],
            Routes = [.. Settled.Routes.Select(route => route with { Protocol = RouteProtocols.Static })],
            Addresses = [.. Settled.Addresses.Select(address => address with { Protocol = 0 })],
            Proxies = [.. Settled.Proxies.Select(proxy => proxy with { Protocol = 0 })],
        };
        Assert.DoesNotContain(Plan(Nothing, foreign), change => change is KernelChange.RemoveProxy or KernelChange.RemoveAddress
            or KernelChange.RemoveRule or KernelChange.RemoveRoute);
    }

    /// <summary>A tagged interface of ours goes with its VLAN, unless that is only refused; one of somebody's stays.</summary>
    [Fact]
    public void A_tagged_interface_goes_with_its_VLAN()
    {
        var actual = new KernelActual { Interfaces = [.. VlanCases.WithTagged.Interfaces], Nft = Settled.Nft };
        Assert.Equal("remove VLAN interface rvlan10", Assert.Single(Plan(Nothing, actual)).ToString());
        Assert.Empty(Plan(Nothing with { KeptLinks = ["rvlan10"] }, actual));
    }

    /// <summary>By main a pod would be reached past its VLAN's gateway, whoever put the route there.</summary>
    [Fact]
    public void A_route_of_ours_to_a_VLANs_pod_does_not_stay_in_main()
    {
        var route = new Route { Destination = Ipam.Addressing.Cidr.Parse("192.168.10.65/32"), Table = RouteTables.Main, Hops = [new NextHop(11)] }.Canonical();
        var actual = Settled with { Routes = [.. Settled.Routes, route], PodInterfaces = [11] };
        Assert.Equal($"remove route {route}", Assert.Single(Plan(Wanted, actual)).ToString());
        Assert.Empty(Plan(Wanted with { OutsideMain = [] }, actual));
    }

    /// <summary>What of the fabric stands is nobody's to judge while its interface cannot be told.</summary>
    [Fact]
    public void While_the_fabric_cannot_be_read_it_stays_and_VLANs_are_kept()
    {
        var fabric = KernelState.Of(Fabrics.Facts(Fabrics.Look));
        var actual = Settled with { Rules = [.. Settled.Rules.RemoveAt(0), .. fabric.Rules], Routes = [.. Settled.Routes, .. fabric.Routes] };
        Assert.Equal($"add rule {Wanted.Rules[0]}", Assert.Single(Plan(KernelState.WithoutFabric(null).With(Wanted), actual)).ToString());
    }

    private static ImmutableArray<KernelChange> Plan(KernelState wanted, KernelActual actual) => KernelDiff.Plan(wanted, actual).Changes;

    private static string Single(KernelActual actual) => Assert.Single(Plan(Wanted, actual)).ToString();

    private static Rule? Rule(KernelChange change) => change is KernelChange.AddRule { Rule: var rule } ? rule : null;

    private static Rule? Gone(KernelChange change) => change is KernelChange.RemoveRule { Rule: var rule } ? rule : null;

    private static bool IsRefusal(KernelChange change) =>
        Rule(change) is { Action: RuleAction.Unreachable } || change is KernelChange.AddRoute { Route.IsRefusal: true };

    private static bool IsWay(KernelChange change) => change is KernelChange.AddRoute { Route.IsRefusal: false };

    private static int First(List<KernelChange> changes, Predicate<KernelChange> which) => changes.FindIndex(which) is >= 0 and var at ? at : throw new InvalidOperationException("none");

    private static int Last(List<KernelChange> changes, Predicate<KernelChange> which) => changes.FindLastIndex(which) is >= 0 and var at ? at : throw new InvalidOperationException("none");
}
