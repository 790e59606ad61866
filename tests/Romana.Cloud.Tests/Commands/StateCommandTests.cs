using Microsoft.Extensions.Time.Testing;

namespace Romana.Cloud.Tests.Commands;

public sealed class StateCommandTests
{
    [Fact]
    public async Task Hosts_prints_aligned_columns_and_why_a_host_is_not_live()
    {
        var run = await ProgramRun.Of(await SampleState.StoreAsync(), ["hosts"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("""
            NAME    UID  ZONE        SUBNET     SEGMENT          ADDRESS     INTERFACE  CONDITION  HEALTH   BLOCKS
            node-1  h-0  us-west-2a  subnet-a1  10.244.0.0/17    10.0.0.9    eni-0      dead       -             0
            node-1  h-1  us-west-2a  subnet-a1  10.244.0.0/17    10.0.0.10   eni-1      live       up            1
            node-2  h-2  us-west-2a  subnet-a1  10.244.128.0/17  10.0.16.10  eni-2      draining   suspect       1
            node-1: dead, terminated
            node-2: draining, spot notice
            node-2: suspect since 2026-03-01 12:00:00 UTC by ec2: EC2's check of i-2 fails

            """, run.Out);
        Assert.Empty(run.Error);
    }

    [Theory]
    [InlineData("hosts", "hosts", "name,uid,condition,reason,since,health,zone,subnet,segments,address,eni,instance_id,listed,blocks,conditions")]
    [InlineData("blocks", "blocks", "cidr,network,group,host,host_uid,epoch,intent,phase,owner,in_use,routed,free_after")]
    [InlineData("routes show", "tables", "id,vpc,cluster,routes,conditions")]
    [InlineData("events --since 365d", "events", "first,last,count,kind,about,message")]
    [InlineData("ipam show", "networks", "name,cidr,block_mask,hosts,space,groups")]
    public async Task The_fields_of_the_JSON_stay(string command, string list, string fields)
    {
        var run = await ProgramRun.Of(await SampleState.StoreAsync(), [.. command.Split(' '), "-o", "json"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Error);
        Assert.Equal([list], run.Json.EnumerateObject().Select(property => property.Name));
        var first = run.Json.GetProperty(list).EnumerateArray().First();
        Assert.Equal(fields.Split(','), first.EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public async Task Blocks_shows_what_the_holder_said_of_this_grant_and_hides_free_slots()
    {
        var store = await SampleState.StoreAsync();
        var run = await ProgramRun.Of(store, ["blocks"]);
        Assert.Equal("""
            BLOCK            NETWORK  GROUP            HOST    EPOCH  INTENT  PHASE     OWNER       IN USE  ROUTED
            10.244.0.0/26    pods     10.244.0.0/17    node-1      3  lent    accepted  blue:front       5  yes
            10.244.128.0/26  pods     10.244.128.0/17  node-2      1  recall  -         -                0  no

            """, run.Out);
        Assert.Equal(3, (await ProgramRun.Of(store, ["blocks", "--free", "-o", "json"])).Json.GetProperty("blocks").GetArrayLength());
        Assert.Equal(1, (await ProgramRun.Of(store, ["blocks", "--host", "node-2", "-o", "json"])).Json.GetProperty("blocks").GetArrayLength());
    }

    [Fact]
    public async Task Routes_tells_kinds_hosts_and_what_is_still_on_its_way()
    {
        var run = await ProgramRun.Of(await SampleState.StoreAsync(), ["routes", "show"]);
        Assert.Equal("""
            rtb-a in vpc-1, cluster blue
            DESTINATION      TARGET  HOST    KIND       SETTLED  SINCE
            10.244.0.0/17    eni-1   node-1  cover      yes      2026-03-01 12:00:00Z
            10.244.0.0/26    eni-1   node-1  host       no       2026-03-01 12:00:00Z
            10.244.128.0/26  eni-1   node-1  aggregate  no       2026-03-01 12:00:00Z
            RoutesIncomplete since 2026-03-01 12:00:00Z: rtb-a: 3 routes do not fit

            """, run.Out);
    }

    [Fact]
    public async Task Events_are_told_oldest_first_with_their_counts_and_chosen_by_age_kind_and_thing()
    {
        var (store, clock) = (await SampleState.StoreAsync(), new FakeTimeProvider(SampleState.Since));
        Assert.Equal("""
            LAST                  COUNT  KIND      ABOUT   MESSAGE
            2026-03-01 09:00:00Z      1  Conflict  rtb-a   10.244.9.0/26 goes to nat-1 and is not ours
            2026-03-01 11:00:00Z      1  Failover  node-2  5 routes in 2 tables moved to node-1, since node-2 is Down: 3 probes in a row went unanswered
            2026-03-01 11:00:00Z      2  Health    node-2  Up -> Down: 3 probes in a row went unanswered

            """, (await ProgramRun.Of(store, ["events"], clock)).Out);
        Assert.Equal(2, (await ProgramRun.Of(store, ["events", "--since", "90m", "-o", "json"], clock)).Json.GetProperty("events").GetArrayLength());
        Assert.Equal(1, (await ProgramRun.Of(store, ["events", "--kind", "failover", "--about", "node-2", "-o", "json"], clock)).Json.GetProperty("events").GetArrayLength());
        Assert.Equal("nothing happened\n", (await ProgramRun.Of(store, ["events", "--since", "30m"], clock)).Out);
        var wrong = await ProgramRun.Of(store, ["events", "--since", "2"], clock);
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("--since 2: a number with a unit is wanted", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ipam_draws_the_groups_as_a_tree_with_their_space()
    {
        var run = await ProgramRun.Of(await SampleState.StoreAsync(), ["ipam", "show"]);
        Assert.Equal("""
            NETWORK   CIDR             BLOCK  HOSTS  ADDRESSES  BLOCKS  GRANTED  IN USE   FREE
            pods      10.244.0.0/16      /26      2      65536       2      128       5  65408
              zone-a  10.244.0.0/17               1      32768       1       64       5  32704
              zone-b  10.244.128.0/17             1      32768       1       64       0  32704

            """, run.Out);
    }

    [Fact]
    public async Task Yaml_says_the_same_as_JSON()
    {
        var store = await SampleState.StoreAsync();
        var yaml = (await ProgramRun.Of(store, ["blocks", "--host", "node-1", "-o", "yaml"])).Out;
        Assert.StartsWith("blocks:\n  - cidr: 10.244.0.0/26\n    network: pods\n", yaml, StringComparison.Ordinal);
        Assert.Contains("    owner: blue:front\n", yaml, StringComparison.Ordinal);
        Assert.Contains("    free_after: null\n", yaml, StringComparison.Ordinal);
        Assert.Contains("    routed: true\n", yaml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_that_the_store_is_not_of_is_refused()
    {
        var run = await ProgramRun.Of(await SampleState.StoreAsync(), ["hosts", "--cluster", "green"]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("cluster blue", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_table_is_refused_with_those_there_are()
    {
        var run = await ProgramRun.Of(await SampleState.StoreAsync(), ["routes", "show", "--table", "rtb-z"]);
        Assert.Equal(2, run.ExitCode);
        Assert.Equal("romana: --table rtb-z: there is no such table in the ledger.\n  Remedy: the ledger has rtb-a.\n", run.Error);
    }
}
