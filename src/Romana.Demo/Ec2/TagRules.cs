using System.Collections.Immutable;

namespace Romana.Demo.Ec2;

/// <summary>CreateTags and DeleteTags over every kind of resource that can carry tags. Routes cannot.</summary>
public static class TagRules
{
    /// <param name="edit">Old tags to new tags.</param>
    public static Outcome Edit(
        AccountState state, ImmutableArray<string> ids,
        Func<ImmutableSortedDictionary<string, string>, ImmutableSortedDictionary<string, string>> edit)
    {
        foreach (var id in ids)
        {
            if (EditOne(state, id, edit) is not { } next)
                return new Outcome.Refused(new Ec2Error("InvalidID", $"The ID '{id}' is not valid"));
            state = next;
        }

        return new Outcome.Done(state);
    }

    /// <summary>Every tagged resource: id, type as EC2 names it, tags.</summary>
    public static IEnumerable<(string Id, string Type, ImmutableSortedDictionary<string, string> Tags)> All(AccountState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Vpcs.Values.Select(one => (one.Id, "vpc", one.Tags))
            .Concat(state.Subnets.Values.Select(one => (one.Id, "subnet", one.Tags)))
            .Concat(state.Instances.Values.Select(one => (one.Id, "instance", one.Tags)))
            .Concat(state.Interfaces.Values.Select(one => (one.Id, "network-interface", one.Tags)))
            .Concat(state.Tables.Values.Select(one => (one.Id, "route-table", one.Tags)))
            .Concat(state.SecurityGroups.Values.Select(one => (one.Id, "security-group", one.Tags)))
            .Concat(state.NetworkAcls.Values.Select(one => (one.Id, "network-acl", one.Tags)));
    }

    private static AccountState? EditOne(
        AccountState state, string id, Func<ImmutableSortedDictionary<string, string>, ImmutableSortedDictionary<string, string>> edit)
    {
        if (state.Instances.TryGetValue(id, out var instance)) return state.With(instance with { Tags = edit(instance.Tags) });
        if (state.Interfaces.TryGetValue(id, out var eni)) return state.With(eni with { Tags = edit(eni.Tags) });
        if (state.Tables.TryGetValue(id, out var table)) return state.With(table with { Tags = edit(table.Tags) });
        if (state.Subnets.TryGetValue(id, out var subnet)) return state.With(subnet with { Tags = edit(subnet.Tags) });
        if (state.SecurityGroups.TryGetValue(id, out var group)) return state.With(group with { Tags = edit(group.Tags) });
        if (state.NetworkAcls.TryGetValue(id, out var acl)) return state.With(acl with { Tags = edit(acl.Tags) });
        return state.Vpcs.TryGetValue(id, out var vpc)
            ? state with { Vpcs = state.Vpcs.SetItem(id, vpc with { Tags = edit(vpc.Tags) }) }
            : null;
    }
}
