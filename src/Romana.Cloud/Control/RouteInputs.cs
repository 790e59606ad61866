using System.Collections.Immutable;
using Romana.Cloud.Discovery;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>Host and block records, with what discovery knows of the hosts' health, as the planner's inventory. Pure.</summary>
internal static class RouteInputs
{
    public static Inventory Inventory(
        ControllerView view, LifecyclePlan plan, SeenHosts hosts, HealthPicture health, SeenVpc vpc, ImmutableArray<InventoryTable> tables, IReadOnlySet<string> lostTargets)
    {
        var seen = hosts.Hosts.Where(host => host.Sighting.PodInterface?.Id is not null)
            .GroupBy(host => host.Sighting.PodInterface!.Id!, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var absent = Absent(view);
        var doubtful = view.Hosts.Where(host => absent.Contains(host.Spec.Uid) || health.Of(host.Spec.Uid) is { Health: HostHealth.Suspect }).Select(host => host.Spec.PodInterface?.Id).OfType<string>()
            .Concat(Blackholes(tables).Where(eni => seen.GetValueOrDefault(eni) is not { InstanceSeen: true })).Concat(lostTargets).ToHashSet(StringComparer.Ordinal);
        var names = Names(view.Hosts);
        return new Inventory
        {
            Vpc = vpc.Vpc,
            Subnets = vpc.Subnets,
            Tables = tables,
            Hosts = Doubts.Cast([.. view.Hosts.Select(host => Host(host.Spec, names, seen, health)).OfType<InventoryHost>()], doubtful),
            Blocks = Blocks(view, plan, names),
        };
    }

    /// <summary>
    /// Hosts that no list shows any more. Absence takes nothing from them but the router's part, and that only while most
    /// hosts are there to be seen: a look that lost more than half of them is blind, and nothing moves for it (R3).
    /// </summary>
    private static HashSet<HostUid> Absent(ControllerView view)
    {
        var living = view.Hosts.Select(host => host.Spec).Where(host => host.Condition != HostCondition.Dead).ToList();
        var absent = living.Where(host => host.Condition == HostCondition.Unknown).Select(host => host.Uid).ToHashSet();
        return absent.Count * 2 > living.Count ? [] : absent;
    }

    /// <summary>
    /// Targets of which EC2 says that they are gone, stopped or terminated. The only word on a host that the list does
    /// not show, or shows without its instance.
    /// </summary>
    public static IEnumerable<string> Blackholes(ImmutableArray<InventoryTable> tables) => tables.SelectMany(table => table.Routes)
        .Where(route => route is { Owned: true, State: RouteState.Blackhole }).Select(route => route.Target);

    /// <summary>A dead host keeps its name in the record for people; the living one of that name has it in the plan.</summary>
    private static Dictionary<HostUid, string> Names(IEnumerable<TypedRecord<HostSpec, HostStatus>> hosts)
    {
        var names = new Dictionary<HostUid, string>();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var host in hosts.Select(host => host.Spec).OrderBy(host => host.Condition == HostCondition.Dead).ThenBy(host => host.Uid))
            names[host.Uid] = taken.Add(host.Name) ? host.Name : $"{host.Name} ({host.Uid})";
        return names;
    }

    private static InventoryHost? Host(HostSpec spec, Dictionary<HostUid, string> names, Dictionary<string, SeenHost> seen, HealthPicture health)
    {
        if (spec.PodInterface is not { Id: { } eni, Link: { } link } pod) return null;
        var sighting = seen.GetValueOrDefault(eni);
        return new InventoryHost
        {
            Name = names[spec.Uid],
            Ip = pod.Address,
            Eni = eni,
            Subnet = link,
            Labels = spec.Labels,
            Groups = spec.Groups,
            Health = Health(spec, sighting, health.Of(spec.Uid)?.Health),
            Spot = sighting?.Spot ?? false,
        };
    }

    /// <summary>
    /// The worst of what the record, EC2 and the sources of health say. A source's Suspect is a doubt
    /// (<see cref="Doubts"/>): it takes the router's part only where somebody else can play it.
    /// </summary>
    private static HostHealth Health(HostSpec spec, SeenHost? sighting, HostHealth? judged) => spec.Condition switch
    {
        HostCondition.Dead => HostHealth.Down,

        // EC2's word on the instance outweighs ours: stopped is down, whatever the record says.
        _ when sighting is { Health: HostHealth.Down } => HostHealth.Down,
        _ when judged == HostHealth.Down => HostHealth.Down,
        HostCondition.Draining => HostHealth.Draining,
        _ when judged == HostHealth.Draining => HostHealth.Draining,
        _ when spec.DrainedByOperator => HostHealth.Draining,

        // Its interface drops what is not addressed to itself: it passes nothing on.
        _ when CheckConditions.StaysOn(spec) => HostHealth.Suspect,

        // Absence from a list is no news: nothing moves for it.
        _ => sighting?.Health ?? HostHealth.Up,
    };

    /// <summary>
    /// Blocks in an overlap are shown as well: the planner sees that they overlap and leaves their routes alone.
    /// </summary>
    private static ImmutableArray<InventoryBlock> Blocks(ControllerView view, LifecyclePlan plan, Dictionary<HostUid, string> names)
    {
        var alone = plan.LeaveAlone.ToHashSet();
        var overlapping = view.Blocks.Select(block => block.Spec).Where(block => block.Intent != BlockIntent.Free && alone.Contains(block.Cidr));
        return [.. plan.Routable.Concat(overlapping).Where(block => names.ContainsKey(block.Host))
            .Select(block => new InventoryBlock(block.Cidr, block.Network, names[block.Host])).Distinct().OrderBy(block => block.Cidr)];
    }
}
