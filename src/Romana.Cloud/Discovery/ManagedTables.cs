using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Cloud.Planning;

namespace Romana.Cloud.Discovery;

/// <summary>Which tables of the VPC are managed, and what the others cost. Pure.</summary>
/// <param name="Managed">In order of id; a main table carries the subnets without an association of their own.</param>
public sealed record ManagedTables(
    ImmutableArray<InventoryTable> Managed, ImmutableArray<LeftOutTable> LeftOut)
{
    public static ManagedTables Choose(
        IEnumerable<SeenTable> tables, IEnumerable<InventorySubnet> subnets, IReadOnlySet<string> hostSubnets, ControllerOptions options)
    {
        var all = tables.ToList();
        var associated = all.SelectMany(table => table.Subnets).ToHashSet(StringComparer.Ordinal);
        var loose = subnets.Select(subnet => subnet.Id).Where(id => !associated.Contains(id)).Order(StringComparer.Ordinal).ToList();
        var managed = ImmutableArray.CreateBuilder<InventoryTable>();
        var leftOut = ImmutableArray.CreateBuilder<LeftOutTable>();
        foreach (var table in all)
        {
            var uses = table.Main ? table.Subnets.AddRange(loose) : table.Subnets;
            if (IsManaged(table, uses, hostSubnets, options)) managed.Add(Table(table, uses, options));
            else if (!uses.IsEmpty) leftOut.Add(new LeftOutTable(table.Id, uses, Cost(table.Id, uses)));
        }

        return new ManagedTables(managed.ToImmutable(), leftOut.ToImmutable());
    }

    private static bool IsManaged(
        SeenTable table, ImmutableArray<string> uses, IReadOnlySet<string> hostSubnets, ControllerOptions options) => options.Tables switch
        {
            // The main table even while no subnet falls to it: the next new subnet does.
            TableChoice.All => table.Main || !uses.IsEmpty,
            TableChoice.Tag => table.Tags.GetValueOrDefault(HostLabels.Cluster) == options.Cluster,
            TableChoice.Hosts => uses.Any(hostSubnets.Contains),
            _ => throw new InvalidOperationException($"no such choice of tables: {options.Tables}"),
        };

    private static InventoryTable Table(SeenTable table, ImmutableArray<string> uses, ControllerOptions options) => new()
    {
        Id = table.Id,
        Subnets = uses,
        Main = table.Main,
        Quota = options.Quota is { } quota ? new TableQuota(quota, quota) : new TableQuota(),
        Routes = table.Routes,
    };

    private static string Cost(string id, ImmutableArray<string> uses) =>
        $"{id} gets no routes: nothing in {string.Join(", ", uses)} can answer pods (NAT gateways, load balancers, endpoints and hosts there)";
}
