using Romana.Cloud.Control;
using Romana.Demo.Ec2;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>Checks that we switched off on hosts that are long dead to us.</summary>
public sealed class DeadCheckTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_record_of_a_host_removed_long_ago_stays_until_uninstall_switched_its_check_on_and_goes_once_the_interface_is_gone()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 3));
        Assert.Empty((await rig.ApplyAsync(Cancel)).Problems);
        var (runs, ended) = (rig.EniOf("host-1"), rig.EniOf("host-2"));
        rig.Vpc.Terminate("host-2");
        Assert.False(rig.Vpc.State.Interfaces.ContainsKey(ended));
        foreach (var (name, eni) in ((string, string)[])[("removed", runs), ("terminated", ended)])
            Assert.IsType<WriteResult.Committed>(await rig.Store.WriteSurelyAsync(RecordTypes.Hosts.Create($"h-{name}", Stamp.New(), Dead(rig, name, eni)), Cancel));

        // The host that runs there now was found with its check off.
        var live = Records(rig).First(host => host.Spec.Name == "host-1");
        Assert.IsType<WriteResult.Committed>(await rig.Store.WriteSurelyAsync(
            RecordTypes.Hosts.UpdateSpec(live, Stamp.New(), live.Spec with { ChecksSwitchedOff = [] }), Cancel));

        await using (rig.Controller())
        {
            await rig.UntilAsync(() => Names(rig) is var names && !names.Contains("terminated"), "the end of the record whose interface is gone");
            var looks = rig.Count("DescribeInstances");
            await rig.UntilAsync(() => rig.Count("DescribeInstances") >= looks + 3, "three more looks");
        }

        Assert.Contains("removed", Names(rig));

        // One that stands is not asked for at every look.
        Assert.InRange(rig.Count("DescribeNetworkInterfaces"), 2, 3);
        Assert.False(rig.Vpc.State.Interfaces[runs].SourceDestCheck);
        rig.Terms = new InMemoryTermSource();
        Assert.Empty((await Uninstall.RunAsync(rig.Options, rig.Parts(), Rig.Bounded(Cancel))).Problems);
        Assert.True(rig.Vpc.State.Interfaces[runs].SourceDestCheck);
        rig.Terms = new InMemoryTermSource();
        await using var again = rig.Controller();
        await rig.UntilAsync(() => !Names(rig).Contains("removed"), "the end of the restored host's record");
    }

    private static HostSpec Dead(Rig rig, string name, string eni) => new()
    {
        Uid = new HostUid($"h-{name}"),
        Name = name,
        Evidence = new HostEvidence { InstanceId = $"i-{name}" },
        Condition = HostCondition.Dead,
        Since = rig.Clock.GetUtcNow().AddHours(-3),
        ChecksSwitchedOff = [eni],
    };

    private static IReadOnlyList<TypedRecord<HostSpec, HostStatus>> Records(Rig rig) =>
        rig.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, default).AsTask().GetAwaiter().GetResult().Items;

    private static List<string> Names(Rig rig) => [.. Records(rig).Select(host => host.Spec.Name)];
}
