using Romana.Ipam.Addressing;

namespace Romana.Demo.Ec2;

/// <summary>What people and autoscalers do to an account, for tests and the demo. Refusals are defects of the caller: they throw.</summary>
public static class VpcActs
{
    /// <summary>Launches an instance and returns it.</summary>
    public static Instance Launch(this SimulatedVpc vpc, Launch launch)
    {
        ArgumentNullException.ThrowIfNull(vpc);
        var done = Do(vpc, state => InstanceRules.Run(state, launch, vpc.Now));
        return done.State.Instances[done.Made[0]];
    }

    /// <param name="instance">Id or name.</param>
    public static void Stop(this SimulatedVpc vpc, string instance) =>
        Do(vpc, state => InstanceRules.Stop(state, Find(state, instance)));

    /// <param name="instance">Id or name.</param>
    public static void Start(this SimulatedVpc vpc, string instance) =>
        Do(vpc, state => InstanceRules.Start(state, Find(state, instance)));

    /// <param name="instance">Id or name.</param>
    public static void Terminate(this SimulatedVpc vpc, string instance)
    {
        ArgumentNullException.ThrowIfNull(vpc);
        Do(vpc, state => InstanceRules.Terminate(state, Find(state, instance), vpc.Now));
    }

    /// <summary>Both status checks fail, or pass again.</summary>
    /// <param name="instance">Id or name.</param>
    public static void Impair(this SimulatedVpc vpc, string instance, bool impaired = true) =>
        Set(vpc, instance, one => one with { Health = impaired ? "impaired" : "ok" });

    /// <summary>AWS announces that it is going to do something to the instance.</summary>
    /// <param name="instance">Id or name.</param>
    public static void Schedule(this SimulatedVpc vpc, string instance, string code, DateTimeOffset notBefore) => Set(vpc, instance, one => one with
    {
        Events = one.Events.Add(new ScheduledEvent($"instance-event-{one.Id[2..]}-{one.Events.Length}", code, "The instance is running on degraded hardware", notBefore)),
    });

    /// <summary>The market wants the instance back in two minutes.</summary>
    /// <param name="instance">Id or name.</param>
    public static void MarkForTermination(this SimulatedVpc vpc, string instance) =>
        Set(vpc, instance, one => one.Spot ? one with { SpotStatus = "marked-for-termination" }
            : throw new ArgumentException($"'{instance}' is no spot instance", nameof(instance)));

    /// <summary>Another interface for an instance; returns its id.</summary>
    public static string Attach(this SimulatedVpc vpc, string instance, NewInterface wanted) =>
        Do(vpc, state => InstanceRules.Attach(state, Find(state, instance), wanted)).Made[0];

    /// <summary>Puts a route into a table past all rules, as another tool did before us.</summary>
    public static void PutRoute(this SimulatedVpc vpc, string table, string destination, string target)
    {
        ArgumentNullException.ThrowIfNull(vpc);
        vpc.Update(state => state.With(state.Tables[table].With(new Route(destination, target))));
    }

    /// <summary>Takes a route out of a table past all rules.</summary>
    public static void TakeRoute(this SimulatedVpc vpc, string table, string destination)
    {
        ArgumentNullException.ThrowIfNull(vpc);
        vpc.Update(state => state.With(state.Tables[table].Without(destination)));
    }

    /// <summary>A route table vanishes; its subnets fall to the main one.</summary>
    public static void TakeTable(this SimulatedVpc vpc, string table)
    {
        ArgumentNullException.ThrowIfNull(vpc);
        vpc.Update(state => state with { Tables = state.Tables.Remove(table) });
    }

    private static void Set(SimulatedVpc vpc, string instance, Func<Instance, Instance> change)
    {
        ArgumentNullException.ThrowIfNull(vpc);
        vpc.Update(state => state.With(change(state.Instances[Find(state, instance)])));
    }

    private static string Find(AccountState state, string instance) =>
        state.FindInstance(instance)?.Id ?? throw new ArgumentException($"no instance '{instance}' in the simulated VPC", nameof(instance));

    private static Outcome.Done Do(SimulatedVpc vpc, Func<AccountState, Outcome> rule)
    {
        ArgumentNullException.ThrowIfNull(vpc);
        return vpc.Apply(rule) switch
        {
            Outcome.Done done => done,
            Outcome.Refused refused => throw new InvalidOperationException($"{refused.Error.Code}: {refused.Error.Message}"),
            _ => throw new InvalidOperationException("an outcome is Done or Refused"),
        };
    }
}
