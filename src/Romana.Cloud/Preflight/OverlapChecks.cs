using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Preflight;

/// <summary>Pod networks against every other use of their addresses (EC2 user guide, "Route table concepts").</summary>
internal static class OverlapChecks
{
    private const string Check = "overlap";

    /// <summary>Destinations that EC2 forbids: addresses of its own services.</summary>
    private static readonly Cidr[] Reserved = [Cidr.Parse("169.254.168.0/22"), Cidr.Parse("fd00:ec2::/32")];

    public static IEnumerable<Finding> Run(PreflightFacts facts)
    {
        if (facts.PodNetworks is not { } networks)
        {
            yield return Finding.Warn(Check, "topology", "no topology is known, so the pod networks' addresses were not checked",
                "give --topology FILE, or name with --store the store that holds one");
            yield break;
        }

        foreach (var network in networks)
        {
            var found = Of(network, networks, facts).ToArray();
            foreach (var finding in found) yield return finding;
            if (found.Length == 0) yield return Finding.Ok(Check, network.Cidr.ToString(), $"{network.Name}: nothing else uses these addresses");
        }
    }

    private static IEnumerable<Finding> Of(PodNetwork network, IEnumerable<PodNetwork> all, PreflightFacts facts)
    {
        var subject = network.Cidr.ToString();
        foreach (var cidr in facts.Vpc.Cidrs.Where(network.Cidr.Overlaps))
        {
            yield return Finding.Fail(Check, subject, $"{network.Name} overlaps the VPC's own {cidr}: EC2 refuses such routes",
                "choose a pod network outside every CIDR of the VPC");
        }

        foreach (var cidr in Reserved.Where(network.Cidr.Overlaps))
            yield return Finding.Fail(Check, subject, $"{network.Name} overlaps {cidr}, which EC2 keeps for itself", "choose another pod network");
        foreach (var other in all.Where(other => other.Name != network.Name && other.Cidr.Overlaps(network.Cidr)))
            yield return Finding.Fail(Check, subject, $"{network.Name} overlaps {other.Name} {other.Cidr}", "give each network its own addresses");
        foreach (var peering in facts.Peerings ?? [])
        {
            foreach (var cidr in peering.Cidrs.Where(network.Cidr.Overlaps))
            {
                yield return Finding.Fail(Check, subject, $"{network.Name} overlaps {cidr} of {peering.OtherVpc} behind {peering.Id}",
                    "choose another pod network, or hosts there and pods here cannot reach each other");
            }
        }

        foreach (var finding in facts.Tables.SelectMany(table => Foreign(network, table, facts))) yield return finding;
    }

    /// <summary>A wider route is harmless, ours are longer; an equal or longer one takes pods' traffic away, and is never touched.</summary>
    private static IEnumerable<Finding> Foreign(PodNetwork network, TableFacts table, PreflightFacts facts)
    {
        foreach (var route in table.Table.Routes)
        {
            if (route.Target == "local" || !Cidr.TryParse(route.Destination, out var destination, out _)) continue;
            if (!network.Cidr.Contains(destination) || Ledger.Owns(facts, table.Table.Id, route)) continue;
            var toPod = facts.Interfaces.Any(one => one.Id == route.Target);
            yield return toPod
                ? Finding.Warn("foreign-route", table.Table.Id, $"{destination} -> {route.Target} lies in {network.Name} and is not in the ledger",
                    "if an earlier controller of this cluster made it, use its store, or `romana apply --adopt`; else remove it")
                : Finding.Fail("foreign-route", table.Table.Id, $"{destination} -> {route.Target} lies in {network.Name} {network.Cidr} and takes its traffic",
                    "remove it, or choose another pod network: Romana never changes a route that is not its own");
        }
    }
}
