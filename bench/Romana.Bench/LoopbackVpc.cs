using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Amazon.EC2;
using Amazon.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Cloud.Control;
using Romana.Demo;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Bench;

/// <summary>A VPC on loopback, and what the controller is given to work on it.</summary>
internal sealed class LoopbackVpc(Ec2Endpoint endpoint, IStore store, TimeProvider? clock = null)
{
    public SimulatedVpc Vpc => endpoint.Vpc;

    /// <summary>For a store that is new on purpose; the figures add what they measure under.</summary>
    public ControllerOptions Options => new() { Vpc = Vpc.State.Vpcs.Keys.First(), NewStore = true };

    /// <param name="topology">Proposed at the start; null = as committed.</param>
    public ControllerParts Parts(string? topology) => new()
    {
        Logs = NullLoggerFactory.Instance,
        Clock = clock ?? TimeProvider.System,
        State = new ControllerState(),
        Store = store,
        Terms = new InMemoryTermSource(),
        Ec2 = new AmazonEC2Client(new BasicAWSCredentials("bench", "bench"), new AmazonEC2Config
        {
            ServiceURL = endpoint.Url.ToString(),
            AuthenticationRegion = "us-west-2",
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = 0,
        }),
        TopologyDocument = topology,
    };

    /// <summary>A document as `romana topology init aws` draws it.</summary>
    public JsonObject Draw(string pods)
    {
        var links = Vpc.State.Subnets.Values.Select(subnet => new LinkFact(subnet.Id, subnet.Zone)).ToImmutableArray();
        return TopologyDraft.Draw(new DraftRequest { Cidrs = [Cidr.Parse(pods)], Links = links }) is DraftOutcome.Drawn drawn
            ? drawn.Document : throw new InvalidOperationException("no topology could be drawn");
    }

    public int Count(string action) => Vpc.Calls.Count(call => call.Action == action);

    /// <summary>Routes to hosts in all tables.</summary>
    public int Routes => Vpc.State.Tables.Values.Sum(table => table.Routes.Values.Count(route => route.Target.StartsWith("eni-", StringComparison.Ordinal)));
}
