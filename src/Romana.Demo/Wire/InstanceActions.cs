using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Wire;

/// <summary>RunInstances, StartInstances, StopInstances and TerminateInstances. Several instances change together or not at all.</summary>
internal static class InstanceActions
{
    public static Reply Run(SimulatedVpc vpc, QueryRequest request)
    {
        if (request["SubnetId"] is not { } subnet) return new Reply.Refused(Ec2Error.Missing("subnetId"));
        var address = IpAddress.TryParse(request["PrivateIpAddress"], out var asked, out _) ? asked : (IpAddress?)null;
        var launch = new Launch
        {
            SubnetId = subnet,
            Address = address,
            Type = request["InstanceType"] ?? "m6i.xlarge",
            Spot = request["InstanceMarketOptions.MarketType"] == "spot",
            Tags = request.Tags("TagSpecification.1."),
        };
        var count = request.Number("MaxCount") ?? 1;
        return Reply.Of(vpc.Apply(state => RunSeveral(state, launch, count, vpc.Now)), done => new Reply.Answered(xml => xml
            .Text("reservationId", $"r-{done.Made[0][2..]}").Text("ownerId", Account.Id)
            .Set("instancesSet", done.Made, id => InstanceListings.Write(xml, done.State, done.State.Instances[id]))));
    }

    public static Ec2Action Move(Func<AccountState, string, DateTimeOffset, Outcome> rule) => (vpc, request) =>
    {
        var ids = request.List("InstanceId");
        var before = vpc.State;
        return Reply.Of(
            vpc.Apply(state =>
            {
                foreach (var id in ids)
                {
                    var outcome = rule(state, id, vpc.Now);
                    if (outcome is not Outcome.Done done) return outcome;
                    state = done.State;
                }

                return new Outcome.Done(state);
            }),
            done => new Reply.Answered(xml => xml.Set("instancesSet", ids, id =>
            {
                xml.Text("instanceId", id);
                InstanceListings.WriteState(xml, "currentState", done.State.Instances[id].State);
                InstanceListings.WriteState(xml, "previousState", before.Instances.GetValueOrDefault(id, done.State.Instances[id]).State);
            })));
    };

    private static Outcome RunSeveral(AccountState state, Launch launch, int count, DateTimeOffset now)
    {
        var made = new List<string>();
        for (var number = 0; number < count; number++)
        {
            var outcome = InstanceRules.Run(state, launch, now);
            if (outcome is not Outcome.Done done) return outcome;
            state = done.State;
            made.Add(done.Made[0]);
        }

        return new Outcome.Done(state, made);
    }
}
