using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Discovery;

/// <summary>What one look at the VPC showed.</summary>
public sealed record SeenVpc
{
    public required InventoryVpc Vpc { get; init; }
    public ImmutableArray<InventorySubnet> Subnets { get; init; } = [];
    public ImmutableArray<SeenTable> Tables { get; init; } = [];

    /// <summary>What had to be assumed; one line each with the remedy.</summary>
    public ImmutableArray<string> Assumed { get; init; } = [];
}

/// <summary>
/// Reads the VPC with ceil(T/100) describes a look: its CIDRs stand in every table as `local` routes, and the subnets
/// are asked for again only when a table or a host names one that is not known.
/// </summary>
public sealed class VpcReader(Ec2Reader reader, string vpc)
{
    private InventoryVpc? _vpc;
    private readonly PrefixListWeights _weights = new(reader);
    private ImmutableArray<InventorySubnet> _subnets = [];

    /// <summary>One describe that fails where every later one would: wrong credentials, region, VPC or endpoint.</summary>
    public async Task CheckAsync(CancellationToken cancel) => _vpc ??= await reader.VpcAsync(vpc, cancel).ConfigureAwait(false);

    /// <exception cref="Ec2UnavailableException">The answer cannot be the whole truth, too.</exception>
    public async Task<SeenVpc> ReadAsync(IEnumerable<string> hostSubnets, CancellationToken cancel)
    {
        _vpc ??= await reader.VpcAsync(vpc, cancel).ConfigureAwait(false);
        var tables = await reader.TablesAsync(vpc, cancel).ConfigureAwait(false);

        // Every VPC has its main table. Credentials of another account get an empty list, and no error.
        if (!tables.Any(table => table.Main))
            throw new Ec2UnavailableException($"EC2 shows no main table in {vpc}: check that the credentials are still of the account that owns it");
        var known = _subnets.Select(subnet => subnet.Id).ToHashSet(StringComparer.Ordinal);
        var named = tables.SelectMany(table => table.Subnets).Concat(hostSubnets);
        if (!named.All(known.Contains)) _subnets = await reader.SubnetsAsync(vpc, cancel).ConfigureAwait(false);
        var (weighed, assumed) = await _weights.WeighAsync(tables, cancel).ConfigureAwait(false);
        return new SeenVpc { Vpc = WithLocalRoutes(_vpc, tables), Subnets = _subnets, Tables = weighed, Assumed = assumed };
    }

    /// <summary>A CIDR added to the VPC later shows up here first.</summary>
    private static InventoryVpc WithLocalRoutes(InventoryVpc vpc, IEnumerable<SeenTable> tables)
    {
        var local = tables.SelectMany(table => table.Routes).Where(route => route.Target == "local")
            .Select(route => Cidr.TryParse(route.Destination, out var cidr, out _) ? cidr : (Cidr?)null).OfType<Cidr>();
        return vpc with { Cidrs = [.. vpc.Cidrs.Concat(local).Distinct().Order()] };
    }
}
