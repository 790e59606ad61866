using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>Cuts a network's CIDR into the slices of its groups: rule 1 of the behaviour vectors, and explicit `cidr`.</summary>
internal sealed class GroupLayout(ProblemList problems)
{
    /// <summary>For a whole document. A list is padded to a power of two, so a hostile one could ask for much more than it writes.</summary>
    private const int GroupLimit = 500_000;

    private int groups;

    /// <summary>Null for an empty map: nothing in it could take a host.</summary>
    public Group? LayOut(Network network, ImmutableArray<GroupDraft> map, string mapPath)
    {
        if (map.IsEmpty)
        {
            problems.Warning(
                "empty_map", mapPath, null, $"the map of network '{network.Name}' is empty, so it serves no host", "Write \"map\": [{\"groups\": []}]");
            return null;
        }

        var nothing = new Inherited(RoutingModes.None, false);
        if (map.Length == 1)
            return Slices(network, map, network.Cidr, mapPath) is [var only] ? Build(network, map[0], only, [], nothing) : null;
        return new Group
        {
            Network = network.Name,
            Path = [],
            Name = "",
            Cidr = network.Cidr,
            Kind = GroupKind.Groups,
            Implied = true,
            Groups = Children(network, map, network.Cidr, mapPath, [], nothing),
        };
    }

    private Group Build(Network network, GroupDraft draft, Cidr cidr, ImmutableArray<int> path, Inherited inherited)
    {
        var passed = new Inherited(draft.Routing is null ? inherited.Modes : draft.Modes, draft.Cover ?? inherited.Cover);
        return new Group
        {
            Network = network.Name,
            Path = path,
            Name = draft.Name,
            Cidr = cidr,
            Kind = draft.Padding ? GroupKind.Padding : draft.Groups.IsEmpty ? GroupKind.Hosts : GroupKind.Groups,
            Assignment = draft.Assignment,
            Routing = draft.Routing ?? "",
            Modes = passed.Modes,
            Cover = passed.Cover,
            Via = draft.Via,
            Mtu = draft.Mtu,
            Hosts = draft.Hosts,
            Groups = draft.Padding || draft.Groups.IsEmpty
                ? []
                : Children(network, draft.Groups, cidr, $"{draft.DocumentPath}.groups", path, passed),
        };
    }

    private ImmutableArray<Group> Children(
        Network network, ImmutableArray<GroupDraft> drafts, Cidr parent, string listPath, ImmutableArray<int> path, Inherited inherited)
    {
        var slices = Slices(network, drafts, parent, listPath);
        var children = ImmutableArray.CreateBuilder<Group>(slices.Length);
        for (var index = 0; index < slices.Length; index++)
        {
            children.Add(index < drafts.Length
                ? Build(network, drafts[index], slices[index], path.Add(index), inherited)
                : PaddingGroup(network, slices[index], path.Add(index)));
        }

        return children.MoveToImmutable();
    }

    private static Group PaddingGroup(Network network, Cidr cidr, ImmutableArray<int> path) =>
        new() { Network = network.Name, Path = path, Name = "", Cidr = cidr, Kind = GroupKind.Padding };

    /// <summary>One per draft, then those of the padding; none at all when the list cannot be laid out.</summary>
    private ImmutableArray<Cidr> Slices(Network network, ImmutableArray<GroupDraft> drafts, Cidr parent, string listPath)
    {
        if (drafts.Any(draft => draft.Cidr is not null)) return ExplicitSlices(network, drafts, parent);
        var bits = BitOperations.Log2((uint)drafts.Length - 1 | 1) + (drafts.Length > 1 ? 1 : 0);
        var length = parent.Length + bits;
        if (length > network.BlockMask)
        {
            problems.Error(
                "invalid_block_mask", listPath, drafts.Length.ToString(CultureInfo.InvariantCulture),
                $"{drafts.Length} groups in {parent} of network '{network.Name}' get a /{length} each, smaller than one block (/{network.BlockMask})",
                "Write fewer groups, a larger network, or a larger block_mask");
            return [];
        }

        return Counted(1 << bits, listPath) ? [.. Enumerable.Range(0, 1 << bits).Select(index => parent.Slice(length, (UInt128)index))] : [];
    }

    private ImmutableArray<Cidr> ExplicitSlices(Network network, ImmutableArray<GroupDraft> drafts, Cidr parent)
    {
        var sound = true;
        foreach (var draft in drafts)
            sound &= CheckExplicit(network, draft, parent);
        if (!sound || !Counted(drafts.Length, drafts[0].DocumentPath)) return [];
        GroupDraft? widest = null;
        foreach (var draft in drafts.OrderBy(draft => draft.Cidr!.Value))
        {
            if (widest is not null && widest.Cidr!.Value.Overlaps(draft.Cidr!.Value))
            {
                problems.Error(
                    "overlapping_cidr", $"{draft.DocumentPath}.cidr", draft.Cidr.ToString(),
                    $"it overlaps {widest.Cidr} of {widest.DocumentPath}", "Give each group a slice of its own");
                sound = false;
            }
            else widest = draft;
        }

        return sound ? [.. drafts.Select(draft => draft.Cidr!.Value)] : [];
    }

    private bool CheckExplicit(Network network, GroupDraft draft, Cidr parent)
    {
        var path = $"{draft.DocumentPath}.cidr";
        if (draft.Cidr is not { } cidr)
            problems.Error("missing_group_cidr", path, null, "other groups of this list have a cidr, this one has none", "Give all groups of a list a cidr, or none");
        else if (!parent.Contains(cidr))
            problems.Error("outside_parent", path, cidr.ToString(), $"it is not inside {parent} of network '{network.Name}'", "Write a slice of the parent");
        else if (cidr.Length > network.BlockMask)
            problems.Error(
                "invalid_block_mask", path, cidr.ToString(), $"it is smaller than one block (/{network.BlockMask}) of network '{network.Name}'",
                "Write a larger slice, or a larger block_mask");
        else return true;
        return false;
    }

    private bool Counted(int more, string path)
    {
        var before = groups;
        groups += more;
        if (groups <= GroupLimit) return true;
        if (before <= GroupLimit)
            problems.Error("too_many_groups", path, null, $"the document has more than {GroupLimit} groups, padding counted", "Write fewer groups");
        return false;
    }

    private readonly record struct Inherited(RoutingModes Modes, bool Cover);
}
