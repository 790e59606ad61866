using System.Collections.Frozen;
using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Discovery;

/// <summary>
/// What routes to prefix lists count against their tables' quota: a customer's list its maximum of entries, one of
/// AWS's the weight that AWS publishes. Asked of EC2 only where a table has such a route, at most once a look; a list
/// of AWS's is asked for once, so that gateway endpoints, which most VPCs have, cost nothing at rest.
/// </summary>
public sealed class PrefixListWeights(Ec2Reader reader)
{
    /// <summary>
    /// Of a list whose size was never seen. Too low is the safe side: EC2 then says "full", which is learnt from and
    /// breaks nothing, while too high would take away routes that stand.
    /// </summary>
    private const int Unknown = 1;

    /// <summary>AWS's lists whose published weight is not 1 (VPC user guide, "AWS-managed prefix list weight"); the end of the name.</summary>
    private static readonly FrozenDictionary<string, int> Published = new Dictionary<string, int>
    {
        [".cloudfront.origin-facing"] = 55,
        [".ipv6.cloudfront.origin-facing"] = 55,
        [".ec2-instance-connect"] = 2,
        [".ipv6.ec2-instance-connect"] = 2,
        [".groundstation"] = 5,
        [".route53-healthchecks"] = 25,
        [".ipv6.route53-healthchecks"] = 25,
        [".vpc-lattice"] = 10,
        [".ipv6.vpc-lattice"] = 10,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly Dictionary<string, SeenPrefixList> _known = new(StringComparer.Ordinal);

    /// <summary>The tables with Weight and Family of their prefix lists, and a line for what had to be assumed.</summary>
    public async Task<(ImmutableArray<SeenTable> Tables, ImmutableArray<string> Assumed)> WeighAsync(
        ImmutableArray<SeenTable> tables, CancellationToken cancel)
    {
        var ids = tables.SelectMany(table => table.Routes).Where(IsList).Select(route => route.Destination).ToHashSet(StringComparer.Ordinal);
        if (ids.Count == 0) return (tables, []);
        var (lists, refused) = await ReadAsync([.. ids.Where(id => _known.GetValueOrDefault(id) is not { ByAws: true }).Order(StringComparer.Ordinal)], cancel).ConfigureAwait(false);
        foreach (var list in lists) _known[list.Id] = list;
        var unknown = ids.Where(id => !_known.ContainsKey(id)).Order(StringComparer.Ordinal).ToList();
        return ([.. tables.Select(table => table with { Routes = [.. table.Routes.Select(route => IsList(route) ? Weighed(route, _known.GetValueOrDefault(route.Destination)) : route)] })],
            unknown.Count == 0 ? [] : [Says(unknown, refused)]);
    }

    private async Task<(ImmutableArray<SeenPrefixList> Lists, string? Refused)> ReadAsync(ImmutableArray<string> ids, CancellationToken cancel)
    {
        if (ids.IsEmpty) return ([], null);
        try
        {
            return (await reader.PrefixListsAsync(ids, cancel).ConfigureAwait(false), null);
        }
        catch (Ec2UnavailableException error) when (error.Unauthorized)
        {
            // Only this right is missing: routes do not wait for it.
            return ([], "allow ec2:DescribeManagedPrefixLists to this role");
        }
    }

    private static bool IsList(InventoryRoute route) => route.Destination.StartsWith("pl-", StringComparison.Ordinal);

    private static InventoryRoute Weighed(InventoryRoute route, SeenPrefixList? list) => route with
    {
        Family = list?.Family,
        Weight = list switch
        {
            null => Unknown,
            { ByAws: true } => Published.Where(pair => list.Name.EndsWith(pair.Key, StringComparison.Ordinal)).Select(pair => pair.Value).DefaultIfEmpty(1).Max(),
            _ => list.MaxEntries ?? Unknown,
        },
    };

    private static string Says(List<string> unknown, string? refused) =>
        $"the size of {string.Join(", ", unknown.Take(10))} is not known; each counts as {Unknown} route of its tables, which may be too few: "
        + (refused ?? "EC2 does not show these prefix lists to this account: ask their owner, or remove the routes");
}
