using System.Collections.Immutable;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Tests.Planning.Vlans;

public sealed class VlanDiffTests
{
    private static readonly VlanState Wanted = VlanState.Of(VlanCases.Facts(VlanCases.Plain, VlanCases.Look));

    private static readonly VlanActual Settled = new()
    {
        Interfaces = [.. VlanCases.Look.Interfaces],
        Addresses = [.. VlanCases.Look.Addresses, .. Wanted.Addresses],
        Settings = Wanted.Settings,
        Rules = Wanted.Rules,
        Routes = Wanted.Routes,
        Proxies = Wanted.Proxies,
        Nft = SimulatedKernel.Listing(Wanted.Nft),
    };

    private static readonly VlanState Nothing = VlanState.Of(new VlanFacts { Vlans = [] });

    [Fact]
    public void What_is_as_it_shall_be_needs_nothing() => Assert.Empty(VlanDiff.Plan(Wanted, Settled));

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
        var coming = VlanDiff.Plan(Wanted, new VlanActual { Interfaces = [.. VlanCases.Look.Interfaces] });
        Assert.Equal(VlanTerms.ManagementPriority, Rule(coming[0])!.Priority);
        var going = VlanDiff.Plan(Nothing, Settled with { Nft = null });
        var rules = going.Select(change => change is VlanChange.Common { Change: KernelChange.RemoveRule { Rule: var rule } } ? rule : null).OfType<Rule>().ToList();
        Assert.Equal(Wanted.Rules.Length, rules.Count);
        Assert.Equal(VlanTerms.ManagementPriority, rules[^1].Priority);
    }

    /// <summary>A source whose lookup goes while its refusal is not there yet, or no more, would fall through to main.</summary>
    [Fact]
    public void What_refuses_stands_before_what_leads_and_falls_after_it()
    {
        var coming = VlanDiff.Plan(Wanted, new VlanActual { Interfaces = [.. VlanCases.Look.Interfaces] }).ToList();
        var going = VlanDiff.Plan(Nothing, Settled).ToList();
        Assert.True(Last(coming, IsRefusal) < First(coming, change => Rule(change) is { Priority: VlanTerms.SourcePriority }));
        Assert.True(Last(coming, IsRefusal) < First(coming, IsWay));
        Assert.True(First(going, change => Gone(change) is { Priority: VlanTerms.SourceEndPriority }) > Last(going, change => Gone(change) is { Priority: VlanTerms.SourcePriority }));
        Assert.True(First(going, change => Gone(change) is { Priority: VlanTerms.WireEndPriority }) > Last(going, change => Gone(change) is { Priority: VlanTerms.WirePriority }));
    }

    [Fact]
    public void A_tagged_interface_is_made_then_set_up_then_addressed()
    {
        Assert.Contains(VlanDiff.Plan(VlanState.Of(VlanCases.Facts(VlanCases.Tagged, VlanCases.Look)), new VlanActual { Interfaces = [.. VlanCases.Look.Interfaces] }),
            change => change is VlanChange.AddLink { Link: { Name: "rvlan10", Id: 10, Trunk: 3 } });
        var standing = VlanDiff.Plan(VlanState.Of(VlanCases.Facts(VlanCases.Tagged, VlanCases.WithTagged)), new VlanActual { Interfaces = [.. VlanCases.WithTagged.Interfaces] });
        Assert.Contains(standing, change => change is VlanChange.SetUp { Name: "storage.200" });
        Assert.DoesNotContain(standing, change => change is VlanChange.AddLink);
    }

    [Fact]
    public void Nothing_of_others_is_touched()
    {
        var foreign = Settled with
        {
            Rules = [.. Settled.Rules.Select(rule => rule with { Protocol = RouteProtocols.Static }), new Rule { Family = Ipam.Addressing.IpFamily.IPv4, Priority = 500, Table = 880 }],
            Routes = [.. Settled.Routes.Select(route => route with { Protocol = RouteProtocols.Static }), new Route { Destination = VlanCases.Plain.Networks[0].Cidr, Table = 880 }],
            Proxies = [.. Settled.Proxies.Select(proxy => proxy with { Protocol = 0 })],
        };
        Assert.DoesNotContain(VlanDiff.Plan(Nothing, foreign), change => change is VlanChange.RemoveProxy or VlanChange.RemoveAddress
            or VlanChange.Common { Change: KernelChange.RemoveRule or KernelChange.RemoveRoute });
    }

    private static string Single(VlanActual actual) => Assert.Single(VlanDiff.Plan(Wanted, actual)).ToString();

    private static Rule? Rule(VlanChange change) => change is VlanChange.Common { Change: KernelChange.AddRule { Rule: var rule } } ? rule : null;

    private static Rule? Gone(VlanChange change) => change is VlanChange.Common { Change: KernelChange.RemoveRule { Rule: var rule } } ? rule : null;

    private static bool IsRefusal(VlanChange change) =>
        Rule(change) is { Action: RuleAction.Unreachable } || change is VlanChange.Common { Change: KernelChange.AddRoute { Route.IsRefusal: true } };

    private static bool IsWay(VlanChange change) => change is VlanChange.Common { Change: KernelChange.AddRoute { Route.IsRefusal: false } };

    private static int First(List<VlanChange> changes, Predicate<VlanChange> which) => changes.FindIndex(which) is >= 0 and var at ? at : throw new InvalidOperationException("none");

    private static int Last(List<VlanChange> changes, Predicate<VlanChange> which) => changes.FindLastIndex(which) is >= 0 and var at ? at : throw new InvalidOperationException("none");
}
