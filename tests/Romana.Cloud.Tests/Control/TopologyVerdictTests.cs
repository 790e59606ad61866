using Romana.Cloud.Control;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Control;

/// <summary>What a command tells of its proposal once that is no longer open.</summary>
public sealed class TopologyVerdictTests
{
    [Theory]
    [InlineData("mine", null, true)]
    [InlineData("another", null, false)]
    [InlineData("another", "proposal-1 was withdrawn", false)]
    [InlineData("another", "proposal-2 was withdrawn", false)]
    public void Committed_is_what_stands(string committed, string? refusal, bool isCommitted)
    {
        var spec = new TopologySpec
        {
            Document = committed,
            Generation = 4,
            Arenas = [],
            Conditions = refusal is null ? [] : [new Condition(TopologyChange.RefusedCondition, true, refusal, DateTimeOffset.UnixEpoch)],
        };

        Assert.Equal(isCommitted, TopologyApply.Verdict(spec, new TopologyApply.Wish("proposal-1", "mine")) is TopologyApplied.Committed);
    }
}
