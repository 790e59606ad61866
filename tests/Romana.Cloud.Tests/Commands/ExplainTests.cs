using Microsoft.Extensions.Time.Testing;

namespace Romana.Cloud.Tests.Commands;

/// <summary>`romana routes show --explain` over the sample store; over tables of EC2 it is in the end-to-end tests.</summary>
public sealed class ExplainTests
{
    private readonly FakeTimeProvider _clock = new(SampleState.Since);

    [Fact]
    public async Task An_address_of_a_block_goes_straight_to_its_host()
    {
        var run = await RunAsync("10.244.0.5");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("""
            10.244.0.5 is in network pods, group 10.244.0.0/17, block 10.244.0.0/26 of node-1: 1 of 1 tables send it straight there
            TABLE  ROUTE          TARGET  HOST    KIND  HOPS  SINCE                 IF THE HOST WENT
            rtb-a  10.244.0.0/26  eni-1   node-1  host     1  2026-03-01 12:00:00Z  nobody: the pods are on node-1 itself
            rtb-a: 10.244.0.0/26 goes straight to node-1, which has the block; why: a shorter route does the same by now: it goes when nothing needs it
            Read from the ledger: what Romana wrote. Routes of others are not in it; --live reads the tables.

            """, run.Out);
    }

    [Fact]
    public async Task An_address_that_no_block_has_follows_the_cover_and_dies_at_the_routers_guard()
    {
        var run = await RunAsync("10.244.9.1", "-o", "json");
        var view = run.Json;
        Assert.Contains("no host has a block there: what follows a cover dies at its router's guard", view.GetProperty("answer").GetString(), StringComparison.Ordinal);
        Assert.Equal("ledger", view.GetProperty("source").GetString());
        var route = view.GetProperty("tables")[0].GetProperty("routes")[0];
        Assert.Equal(["10.244.0.0/17", "cover", "to node-1, whose guard drops it: no host has the block"],
            new[] { "destination", "kind", "way" }.Select(name => route.GetProperty(name).GetString()));
    }

    [Fact]
    public async Task A_cidr_shows_every_route_that_wins_somewhere_in_it()
    {
        var run = await RunAsync("10.244.0.0/16", "-o", "json");
        Assert.Equal(["10.244.0.0/17", "10.244.0.0/26", "10.244.128.0/26"],
            run.Json.GetProperty("tables")[0].GetProperty("routes").EnumerateArray().Select(route => route.GetProperty("destination").GetString()));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1 is in no pod network: Romana writes no route for it")]
    [InlineData("fd00::1", "fd00::1 is in no pod network: Romana writes no route for it")]
    public async Task An_address_outside_all_networks_is_said_to_be_so(string address, string answer)
    {
        var run = await RunAsync(address);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith(answer + "\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("no route", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--explain 10.244.0.300", "--explain 10.244.0.300")]
    [InlineData("--live", "--live goes with --explain")]
    [InlineData("--explain 10.244.0.1 --live --vpc vpc-2", "--vpc vpc-2: the store")]
    [InlineData("--explain 10.244.0.1 --table rtb-x", "--table rtb-x: there is no such table")]
    public async Task A_wrong_question_is_bad_input(string args, string message)
    {
        var run = await ProgramRun.Of(await SampleState.StoreAsync(), ["routes", "show", .. args.Split(' ')], _clock);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    private async Task<ProgramRun> RunAsync(params string[] args) =>
        await ProgramRun.Of(await SampleState.StoreAsync(), ["routes", "show", "--explain", .. args], _clock);
}
