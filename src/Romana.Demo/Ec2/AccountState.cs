using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Ec2;

/// <summary>
/// Everything the simulated account holds at one instant. Immutable, so that a describe that lags is simply answered
/// from an older value. Dictionaries are ordered by id, which is the order of answers and pages.
/// </summary>
public sealed record AccountState
{
    public ImmutableSortedDictionary<string, Vpc> Vpcs { get; init; } = None<Vpc>();
    public ImmutableSortedDictionary<string, Subnet> Subnets { get; init; } = None<Subnet>();
    public ImmutableSortedDictionary<string, Instance> Instances { get; init; } = None<Instance>();
    public ImmutableSortedDictionary<string, NetworkInterface> Interfaces { get; init; } = None<NetworkInterface>();
    public ImmutableSortedDictionary<string, RouteTable> Tables { get; init; } = None<RouteTable>();
    public ImmutableSortedDictionary<string, Gateway> Gateways { get; init; } = None<Gateway>();
    public ImmutableSortedDictionary<string, Peering> Peerings { get; init; } = None<Peering>();
    public ImmutableSortedDictionary<string, PrefixList> PrefixLists { get; init; } = None<PrefixList>();
    public ImmutableSortedDictionary<string, SecurityGroup> SecurityGroups { get; init; } = None<SecurityGroup>();
    public ImmutableSortedDictionary<string, NetworkAcl> NetworkAcls { get; init; } = None<NetworkAcl>();

    /// <summary>Ids are numbered through, so that the same story always makes the same ids.</summary>
    public int NextNumber { get; init; } = 1;

    /// <summary>A fresh id such as "eni-0000002a".</summary>
    public AccountState Mint(string kind, out string id)
    {
        id = $"{kind}-{NextNumber:x8}";
        return this with { NextNumber = NextNumber + 1 };
    }

    public AccountState With(Instance instance) => this with { Instances = Instances.SetItem(instance.Id, instance) };

    public AccountState With(NetworkInterface eni) => this with { Interfaces = Interfaces.SetItem(eni.Id, eni) };

    public AccountState With(RouteTable table) => this with { Tables = Tables.SetItem(table.Id, table) };

    public AccountState With(Subnet subnet) => this with { Subnets = Subnets.SetItem(subnet.Id, subnet) };

    public AccountState With(Gateway gateway) => this with { Gateways = Gateways.SetItem(gateway.Id, gateway) };

    public AccountState With(PrefixList list) => this with { PrefixLists = PrefixLists.SetItem(list.Id, list) };

    public AccountState With(Peering peering) => this with { Peerings = Peerings.SetItem(peering.Id, peering) };

    public AccountState With(SecurityGroup group) => this with { SecurityGroups = SecurityGroups.SetItem(group.Id, group) };

    public AccountState With(NetworkAcl acl) => this with { NetworkAcls = NetworkAcls.SetItem(acl.Id, acl) };

    /// <summary>The table that decides for packets leaving that subnet: its own, else the VPC's main one.</summary>
    public RouteTable? TableOf(string subnetId) =>
        Tables.Values.FirstOrDefault(table => table.Subnets.Contains(subnetId))
        ?? (Subnets.TryGetValue(subnetId, out var subnet)
            ? Tables.Values.FirstOrDefault(table => table.Main && table.VpcId == subnet.VpcId)
            : null);

    /// <summary>By id, or by Name tag among those not terminated.</summary>
    public Instance? FindInstance(string idOrName) =>
        Instances.GetValueOrDefault(idOrName)
        ?? Instances.Values.FirstOrDefault(one => one.Name == idOrName && one.State != InstanceState.Terminated);

    public NetworkInterface? InterfaceWith(IpAddress address) => Interfaces.Values.FirstOrDefault(eni => eni.Has(address));

    /// <summary>A route whose target is gone, or whose target's instance does not run, leads nowhere; it stays and counts.</summary>
    public bool IsBlackhole(Route route)
    {
        if (route.IsLocal) return false;
        if (Interfaces.TryGetValue(route.Target, out var eni))
            return eni.Attachment is null
                   || !Instances.TryGetValue(eni.Attachment.InstanceId, out var instance)
                   || instance.State is not (InstanceState.Running or InstanceState.Pending);
        return !Gateways.ContainsKey(route.Target) && !Peerings.ContainsKey(route.Target);
    }

    private static ImmutableSortedDictionary<string, T> None<T>() => ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);
}
