using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Demo.Ec2;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>Source/destination checks that EC2 does not let us switch off: one interface's matter, said and rested for.</summary>
public sealed class CheckTests
{
    private const string Modify = "ModifyNetworkInterfaceAttribute";
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 4);

    [Theory]
    [InlineData("OperationNotPermitted", "by hand")]
    [InlineData("UnauthorizedOperation", "allow ec2:ModifyNetworkInterfaceAttribute")]
    public async Task A_refused_interface_rests_longer_each_time_is_named_leads_nothing_and_has_no_routed_block(string code, string remedy)
    {
        await using var rig = await Rig.StartAsync(Small);
        var eni = rig.EniOf("host-1");
        Refuse(rig, eni, code);
        await using var controller = rig.Controller();

        await rig.UntilAsync(() => Calls(rig, eni).Count >= 4, "four tries");
        var (table, subnet) = (rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First());
        await rig.UntilAsync(() => Routed(rig) == 3 && rig.CoverOf(table, subnet) is not null, "the others' routed blocks");

        var gaps = Calls(rig, eni).Select(call => call.At).Zip(Calls(rig, eni).Skip(1).Select(call => call.At), (one, next) => next - one).ToList();
        Assert.All(gaps.Take(3).Zip((int[])[30, 60, 120]), pair => Assert.InRange(pair.First, TimeSpan.FromSeconds(pair.Second), TimeSpan.FromHours(1)));
        Assert.All(rig.Vpc.State.Interfaces.Values.Where(one => one.Id != eni && one.Attachment?.DeviceIndex == 0), one => Assert.False(one.SourceDestCheck));
        Assert.True(rig.State.Current.Ready);
        Assert.All(rig.Vpc.State.Tables.Keys, one => Assert.NotEqual(eni, rig.CoverOf(one, subnet)));
        var condition = Assert.Single(rig.State.Current.Conditions, one => one.About == "host host-1");
        Assert.Equal(("CheckStaysOn", condition.Condition), (condition.Condition.Type, Assert.Single(Host(rig, "host-1").Conditions)));
        foreach (var word in (string[])[eni, "host-1", code, remedy]) Assert.Contains(word, condition.Condition.Message, StringComparison.Ordinal);
        Assert.All(Blocks(rig, "host-1"), block => Assert.NotEqual(block.Epoch, block.RoutedEpoch));

        rig.Vpc.Faults.Clear();
        await rig.UntilAsync(() => Routed(rig) == 4, "the last host's routed block");
        await rig.UntilAsync(() => rig.State.Current.Conditions.IsEmpty && Host(rig, "host-1").Conditions.IsEmpty, "the end of the condition");
    }

    [Fact]
    public async Task A_router_whose_check_is_on_again_and_stays_on_leads_no_cover_takes_no_new_pod_and_keeps_its_own_routes()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (table, subnet) = (rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First());
        var router = rig.CoverOf(table, subnet)!;
        var name = rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(router)).Name;
        Refuse(rig, router, "OperationNotPermitted");

        rig.Vpc.Update(state => state.With(state.Interfaces[router] with { SourceDestCheck = true }));

        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is { } now && now != router, "another router");
        await rig.UntilAsync(() => rig.State.Current.Plan is { HasChanges: false }, "an end of the changes");
        Assert.All(Blocks(rig, name), block => Assert.Contains($"{table} {block.Cidr} -> {router}", rig.PodRoutes()));

        // Its agent hands no address out of a block that is not routed.
        await rig.UntilAsync(() => Blocks(rig, name).All(block => block.RoutedEpoch == 0), "its blocks taken back from new pods");
        Assert.Equal(3, Routed(rig));
        rig.Vpc.Faults.Clear();
        await rig.UntilAsync(() => Routed(rig) == 4, "its blocks given again once the check is off");
        Assert.False(rig.Vpc.State.Interfaces[router].SourceDestCheck);
    }

    [Fact]
    public async Task Apply_does_not_wait_for_a_permission_and_says_what_is_left()
    {
        await using var rig = await Rig.StartAsync(Small);
        var eni = rig.EniOf("host-2");
        Refuse(rig, eni, "UnauthorizedOperation");

        var result = await rig.ApplyAsync(TestContext.Current.CancellationToken);

        Assert.Contains(result.Problems, problem => problem.Contains(eni, StringComparison.Ordinal) && problem.Contains("host host-2", StringComparison.Ordinal));
        Assert.InRange(Calls(rig, eni).Count, 1, 2);
        Assert.NotEmpty(rig.PodRoutes());

        rig.Vpc.Faults.Clear();
        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        Assert.Empty(Host(rig, "host-2").Conditions);
    }

    [Fact]
    public async Task A_passing_fault_is_tried_again_soon_and_is_no_condition()
    {
        await using var rig = await Rig.StartAsync(Small);
        var eni = rig.EniOf("host-3");
        rig.Vpc.Faults.Add(Fault(eni, "InternalError") with { Status = 500, Times = 2 });

        var result = await rig.ApplyAsync(TestContext.Current.CancellationToken);

        Assert.Empty(result.Problems);
        Assert.Equal(3, Calls(rig, eni).Count);
    }

    [Fact]
    public async Task The_next_controller_knows_of_a_refusal_before_it_has_tried_and_uninstall_does_not_stumble_over_it()
    {
        await using var rig = await Rig.StartAsync(Small);
        var eni = rig.EniOf("host-1");
        Refuse(rig, eni, "OperationNotPermitted");
        await rig.ApplyAsync(TestContext.Current.CancellationToken);

        var plan = await LivePlan.ReadAsync(rig.Options, rig.Parts(), TestContext.Current.CancellationToken);
        Assert.Contains(plan.Problems, problem => problem.Contains(eni, StringComparison.Ordinal));
        Assert.Equal(0, plan.Plan.Calls.Total);

        Assert.Empty((await Uninstall.RunAsync(rig.Options, rig.Parts(), TestContext.Current.CancellationToken)).Problems);
        Assert.All(rig.Vpc.State.Interfaces.Values.Where(one => one.Attachment?.DeviceIndex == 0), one => Assert.True(one.SourceDestCheck));
    }

    private static void Refuse(Rig rig, string eni, string code) => rig.Vpc.Faults.Add(Fault(eni, code));

    private static Fault Fault(string eni, string code) => new()
    {
        Kind = FaultKind.Error,
        Action = Modify,
        Code = code,
        Message = "You may not do this",
        Status = 403,
        Times = null,
        Where = ImmutableSortedDictionary<string, string>.Empty.Add("NetworkInterfaceId", eni),
    };

    private static IReadOnlyList<CallRecord> Calls(Rig rig, string eni) =>
        [.. rig.Vpc.Calls.Where(call => call.Action == Modify && call["NetworkInterfaceId"] == eni)];

    private static int Routed(Rig rig) => rig.BlocksAsync().GetAwaiter().GetResult().Count(block => block.RoutedEpoch == block.Epoch);

    private static IEnumerable<BlockSpec> Blocks(Rig rig, string host)
    {
        var uid = Host(rig, host).Uid;
        return rig.BlocksAsync().GetAwaiter().GetResult().Where(block => block.Host == uid);
    }

    private static HostSpec Host(Rig rig, string name) =>
        rig.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, default).AsTask().GetAwaiter().GetResult()
            .Items.First(host => host.Spec.Name == name).Spec;
}
