using System.Collections.Immutable;
using System.Numerics;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Ec2;

/// <summary>Turns a scenario into a state, step by step.</summary>
internal sealed class ScenarioBuilder(VpcScenario scenario, DateTimeOffset now)
{
    /// <summary>Subnets are /20 where the VPC has room for as many.</summary>
    private const int UsualSubnetBits = 4;

    private static readonly bool[] Directions = [false, true];

    private readonly List<(string Id, int Zone, int Index)> _subnets = [];
    private AccountState _state = new();
    private string _vpc = "";

    public AccountState Build()
    {
        AddVpc();
        AddSubnets();
        AddGroups();
        AddTables();
        _state = ForeignRouteSet.AddTo(_state, _vpc, scenario.Foreign);
        AddHosts();
        return _state;
    }

    private void AddVpc()
    {
        _state = _state.Mint("vpc", out _vpc);
        ImmutableArray<Cidr> cidrs = [scenario.VpcCidr, .. scenario.MoreCidrs];
        if (scenario.Ipv6Cidr is { } ipv6) cidrs = cidrs.Add(ipv6);
        _state = _state with { Vpcs = _state.Vpcs.Add(_vpc, new Vpc(_vpc, cidrs) { Tags = Named("demo") }) };
    }

    private void AddSubnets()
    {
        var count = scenario.Zones * scenario.SubnetsPerZone;
        var bits = Math.Max(UsualSubnetBits, 32 - BitOperations.LeadingZeroCount((uint)(count - 1)));
        for (var zone = 0; zone < scenario.Zones; zone++)
            for (var index = 0; index < scenario.SubnetsPerZone; index++)
            {
                var number = _subnets.Count;
                _state = _state.Mint("subnet", out var id);
                _state = _state.With(new Subnet(
                    id, _vpc, scenario.ZoneName(zone), scenario.VpcCidr.Slice(scenario.VpcCidr.Length + bits, (UInt128)number))
                {
                    Ipv6Cidr = scenario.Ipv6Cidr?.Slice(64, (UInt128)number),
                    Tags = Named($"{(char)('a' + zone)}{index + 1}"),
                });
                _subnets.Add((id, zone, index));
            }
    }

    private void AddGroups()
    {
        _state = _state.Mint("sg", out var group).Mint("acl", out var acl);
        Cidr[] everywhere = [Cidr.Parse("0.0.0.0/0"), Cidr.Parse("::/0")];
        ImmutableArray<Permission> ingress =
        [
            new("-1", null, null, [], [group]),
            .. scenario.AllowedPodCidrs.Select(cidr => new Permission("-1", null, null, [cidr], [])),
        ];
        _state = _state
            .With(new SecurityGroup(group, "default", _vpc, ingress, [new Permission("-1", null, null, [.. everywhere], [])]))
            .With(new NetworkAcl(acl, _vpc, true, AllowAll(everywhere), [.. _subnets.Select(subnet => subnet.Id)]));
    }

    private static ImmutableArray<AclEntry> AllowAll(Cidr[] everywhere) =>
    [
        .. from egress in Directions
           from cidr in everywhere
           let step = cidr.Family == IpFamily.IPv4 ? 0 : 1
           from entry in new[] { new AclEntry(100 + step, egress, true, "-1", cidr), new AclEntry(32767 + step, egress, false, "-1", cidr) }
           select entry,
    ];

    private void AddTables()
    {
        AddTable("main", true, []);
        switch (scenario.Layout)
        {
            case TableLayout.PerZone:
                for (var zone = 0; zone < scenario.Zones; zone++)
                    AddTable($"zone-{(char)('a' + zone)}", false, _subnets.Where(one => one.Zone == zone && !IsPublic(one.Index)));
                break;
            case TableLayout.PerSubnet:
                foreach (var subnet in _subnets) AddTable($"subnet-{_state.Subnets[subnet.Id].Tags["Name"]}", false, [subnet]);
                break;
        }
    }

    private bool IsPublic(int index) => index == 0 && scenario.SubnetsPerZone > 1;

    private void AddTable(string name, bool main, IEnumerable<(string Id, int Zone, int Index)> subnets)
    {
        _state = _state.Mint("rtb", out var id);
        var tags = Named(name);
        if (scenario is { TagTables: true, Cluster: { } cluster }) tags = tags.Add("romana.io/cluster", cluster);
        var table = new RouteTable
        {
            Id = id,
            VpcId = _vpc,
            Main = main,
            Tags = tags,
            Subnets = [.. subnets.Select(subnet => subnet.Id)],
        };
        foreach (var cidr in _state.Vpcs[_vpc].Cidrs)
            table = table.With(new Route(cidr.ToString(), "local", RouteOrigin.CreateRouteTable));
        _state = _state.With(table);
    }

    /// <summary>Dealt out over the zones first, then over their subnets, so that any number is spread evenly.</summary>
    private void AddHosts()
    {
        for (var number = 1; number <= scenario.Hosts; number++)
        {
            var zone = (number - 1) % scenario.Zones;
            var index = (number - 1) / scenario.Zones % scenario.SubnetsPerZone;
            var outcome = InstanceRules.Run(_state, LaunchOf(number, _subnets[zone * scenario.SubnetsPerZone + index].Id), now);
            _state = outcome is Outcome.Done done
                ? done.State
                : throw new InvalidOperationException($"host {number} does not fit: {((Outcome.Refused)outcome).Error.Message}");
        }
    }

    private Launch LaunchOf(int number, string subnet) => new()
    {
        SubnetId = subnet,
        Name = VpcScenario.HostName(number),
        Spot = scenario.SpotEvery > 0 && number % scenario.SpotEvery == 0,
        Interfaces = scenario.InterfacesPerHost,
        Secondaries = scenario.SecondariesPerHost,
        SourceDestCheck = scenario.SourceDestCheck,
        Tags = scenario.Cluster is { } cluster ? NoTags.Value.Add("romana.io/cluster", cluster) : NoTags.Value,
    };

    private static ImmutableSortedDictionary<string, string> Named(string name) => NoTags.Value.Add("Name", name);
}
