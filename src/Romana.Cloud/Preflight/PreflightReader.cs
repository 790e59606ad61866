using System.Collections.Immutable;
using Amazon.EC2;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Cloud.Discovery;
using Romana.Cloud.Planning;
using Romana.Ipam.Routes;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Preflight;

/// <summary>Reads the facts from EC2. Changes nothing: mutations go out with DryRun only.</summary>
public sealed class PreflightReader(IAmazonEC2 client, CallGate gate, ServiceQuotas quotas, ControllerOptions options, IHostSource hosts)
{
    /// <summary>At EC2's rate more DryRuns of interfaces would take minutes and tell little that is new.</summary>
    private const int MostDryRuns = 1000;

    private readonly Dictionary<string, Unread> _unread = [];
    private readonly FilterReader _filters = new(client, gate);
    private readonly DryRuns _dryRuns = new(client, gate);

    /// <exception cref="Ec2UnavailableException">What every command needs could not be read.</exception>
    public async Task<PreflightFacts> ReadAsync(Topology? topology, IEnumerable<LedgerSpec> ledgers, CancellationToken cancel)
    {
        var reader = new Ec2Reader(client, gate);
        var seenHosts = await hosts.ReadAsync(cancel);
        var subnets = seenHosts.Hosts.Select(host => host.Sighting.PodInterface?.Link).OfType<string>().ToHashSet();
        var vpc = await new VpcReader(reader, options.Vpc).ReadAsync(subnets, cancel);
        var quota = options.Quota is null ? await quotas.ReadAsync(cancel) : null;
        var chosen = ManagedTables.Choose(vpc.Tables, vpc.Subnets, subnets, options with { Quota = options.Quota ?? quota?.Value });
        var tags = vpc.Tables.ToDictionary(table => table.Id, table => table.Tags.GetValueOrDefault(HostLabels.Cluster));
        var usable = seenHosts.Hosts.Where(host => host.Sighting.PodInterface?.Id is not null).ToArray();
        var interfaces = await InterfacesAsync(usable, cancel);
        var groups = interfaces.SelectMany(one => one.SecurityGroups).Distinct().Order(StringComparer.Ordinal).ToList();
        var aim = new DryRunAim(topology?.Networks.FirstOrDefault()?.Cidr, interfaces.FirstOrDefault()?.Id);
        return new PreflightFacts
        {
            Cluster = options.Cluster,
            Vpc = vpc.Vpc,
            PodNetworks = topology is null ? null : [.. topology.Networks.Select(Pods)],
            Tables = await TablesAsync(chosen.Managed, tags, aim, cancel),
            LeftOut = [.. chosen.LeftOut.Select(left => new LeftOutFacts(left.Id, left.Subnets, left.Why))],
            Interfaces = interfaces,
            HostProblems = seenHosts.Problems,
            SecurityGroups = await TryAsync("DescribeSecurityGroups", () => _filters.SecurityGroupsAsync(groups, cancel)),
            Acls = await TryAsync("DescribeNetworkAcls", () => _filters.AclsAsync(options.Vpc, cancel)),
            Peerings = await TryAsync("DescribeVpcPeeringConnections", () => _filters.PeeringsAsync(options.Vpc, cancel)),
            Quota = quota,
            Ledger = ledgers.ToImmutableDictionary(ledger => ledger.Table, ledger => ledger.Entries),
            Unread = _unread.ToImmutableSortedDictionary(),
        };
    }

    private static PodNetwork Pods(Network network) =>
        new(network.Name, network.Cidr, network.Leaves.Count(group => group.Cover));

    private async Task<ImmutableArray<TableFacts>> TablesAsync(
        ImmutableArray<InventoryTable> tables, Dictionary<string, string?> tags, DryRunAim aim, CancellationToken cancel)
    {
        var facts = ImmutableArray.CreateBuilder<TableFacts>();
        foreach (var table in tables)
            facts.Add(new TableFacts(table, tags.GetValueOrDefault(table.Id), await _dryRuns.OfTableAsync(table.Id, aim, cancel)));
        return facts.ToImmutable();
    }

    private async Task<ImmutableArray<InterfaceFacts>> InterfacesAsync(IReadOnlyList<SeenHost> usable, CancellationToken cancel)
    {
        var groups = await _filters.GroupsByInterfaceAsync(options.Vpc, cancel);
        var facts = ImmutableArray.CreateBuilder<InterfaceFacts>();

        // Those whose check has to be switched off come first: of the others the permission hardly matters.
        foreach (var host in usable.OrderByDescending(host => host.CheckOn))
        {
            var id = host.Sighting.PodInterface!.Id!;
            facts.Add(new InterfaceFacts
            {
                Id = id,
                Host = host.Sighting.Name,
                Subnet = host.Sighting.PodInterface.Link ?? "",
                SourceDestCheck = host.CheckOn,
                SecurityGroups = groups.GetValueOrDefault(id, []),
                MayModify = facts.Count < MostDryRuns ? await _dryRuns.OfInterfaceAsync(id, cancel) : Permission.NotAsked,
            });
        }

        return [.. facts.OrderBy(one => one.Host, StringComparer.Ordinal)];
    }

    /// <summary>What only preflight wants to know may be forbidden to the role: that is a finding and no end.</summary>
    private async Task<ImmutableArray<T>?> TryAsync<T>(string action, Func<Task<ImmutableArray<T>>> read)
    {
        try
        {
            return await read();
        }
        catch (Ec2UnavailableException fault)
        {
            _unread[action] = new Unread(fault.Code ?? fault.Message, fault.Unauthorized);
            return null;
        }
    }
}
