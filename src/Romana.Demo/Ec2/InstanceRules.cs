using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Ec2;

/// <summary>An instance to launch.</summary>
public sealed record Launch
{
    public required string SubnetId { get; init; }

    /// <summary>Becomes the Name tag.</summary>
    public string? Name { get; init; }

    /// <summary>Primary private address; null = the subnet's next one.</summary>
    public IpAddress? Address { get; init; }

    public string Type { get; init; } = "m6i.xlarge";
    public bool Spot { get; init; }

    /// <summary>Interfaces at launch; those after the first are on the same subnet.</summary>
    public int Interfaces { get; init; } = 1;

    /// <summary>Secondary private addresses on the first interface.</summary>
    public int Secondaries { get; init; }

    public bool SourceDestCheck { get; init; } = true;
    public ImmutableSortedDictionary<string, string> Tags { get; init; } = NoTags.Value;
}

/// <summary>What becomes of instances, as pure functions. State changes are immediate: there is no pending or stopping.</summary>
public static class InstanceRules
{
    /// <summary>Offset of the first address handed out; EC2 itself keeps the first four of a subnet.</summary>
    public const int FirstOffset = 10;

    /// <summary>Made: the instance's id, then its interfaces' ids.</summary>
    public static Outcome Run(AccountState state, Launch launch, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(launch);
        if (!state.Subnets.TryGetValue(launch.SubnetId, out var subnet))
            return Refuse(Ec2Error.NotFound("InvalidSubnetID.NotFound", "subnet", launch.SubnetId));
        var tags = launch.Name is null ? launch.Tags : launch.Tags.SetItem("Name", launch.Name);
        state = state.Mint("i", out var id);
        state = state.With(new Instance
        {
            Id = id,
            VpcId = subnet.VpcId,
            SubnetId = subnet.Id,
            Zone = subnet.Zone,
            State = InstanceState.Running,
            Type = launch.Type,
            Spot = launch.Spot,
            LaunchedAt = now,
            Tags = tags,
        });
        for (var device = 0; device < launch.Interfaces; device++)
        {
            var first = device == 0;
            var outcome = Attach(state, id, new NewInterface(subnet.Id)
            {
                Address = first ? launch.Address : null,
                Secondaries = first ? launch.Secondaries : 0,
                SourceDestCheck = launch.SourceDestCheck,
            });
            if (outcome is not Outcome.Done done) return outcome;
            state = done.State;
        }

        return new Outcome.Done(state, [id, .. state.Instances[id].Interfaces]);
    }

    /// <summary>A new interface on a running instance, at its next device index. Made: the interface's id.</summary>
    public static Outcome Attach(AccountState state, string instanceId, NewInterface wanted)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!state.Instances.TryGetValue(instanceId, out var instance)) return Refuse(Ec2Error.NoInstance(instanceId));
        var outcome = InterfaceRules.Create(state, wanted);
        if (outcome is not Outcome.Done { Made: [var id] } done) return outcome;
        state = done.State.Mint("eni-attach", out var attachment);
        var eni = state.Interfaces[id];
        return new Outcome.Done(
            state
                .With(eni with { Attachment = new Attachment(attachment, instanceId, instance.Interfaces.Length) })
                .With(instance with { Interfaces = instance.Interfaces.Add(id) }),
            id);
    }

    public static Outcome Stop(AccountState state, string id) =>
        Move(state, id, InstanceState.Stopped, [InstanceState.Running, InstanceState.Pending, InstanceState.Stopped]);

    public static Outcome Start(AccountState state, string id) =>
        Move(state, id, InstanceState.Running, [InstanceState.Stopped, InstanceState.Running]);

    /// <summary>Its interfaces go with it (DeleteOnTermination); routes to them stay as blackholes.</summary>
    public static Outcome Terminate(AccountState state, string id, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!state.Instances.TryGetValue(id, out var instance)) return Refuse(Ec2Error.NoInstance(id));
        if (instance.State == InstanceState.Terminated) return new Outcome.Done(state);
        return new Outcome.Done(
            (state with { Interfaces = state.Interfaces.RemoveRange(instance.Interfaces) })
            .With(instance with { State = InstanceState.Terminated, TerminatedAt = now, Interfaces = [] }));
    }

    /// <summary>ModifyInstanceAttribute: refused as soon as there is a second interface.</summary>
    public static Outcome SetSourceDestCheck(AccountState state, string id, bool on)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!state.Instances.TryGetValue(id, out var instance)) return Refuse(Ec2Error.NoInstance(id));
        if (instance.State == InstanceState.Terminated) return Refuse(WrongState(id));
        return instance.Interfaces.Length == 1
            ? InterfaceRules.SetSourceDestCheck(state, instance.Interfaces[0], on)
            : Refuse(Ec2Error.SeveralInterfaces(id));
    }

    private static Outcome Move(AccountState state, string id, InstanceState to, InstanceState[] from)
    {
        if (!state.Instances.TryGetValue(id, out var instance)) return Refuse(Ec2Error.NoInstance(id));
        return from.Contains(instance.State)
            ? new Outcome.Done(state.With(instance with { State = to }))
            : Refuse(WrongState(id));
    }

    private static Ec2Error WrongState(string id) =>
        new("IncorrectInstanceState", $"The instance '{id}' is not in a state from which this is possible.");

    private static Outcome.Refused Refuse(Ec2Error error) => new(error);
}
