namespace Romana.EndToEnd.Tests;

public sealed class ConvergenceTests
{
    [Fact]
    public async Task From_empty_every_table_gets_covers_and_block_routes_and_a_second_apply_makes_no_mutating_call()
    {
        await using var rig = await Rig.StartAsync();
        var others = rig.OtherRoutes();

        var first = await rig.ApplyAsync(TestContext.Current.CancellationToken);

        Assert.Empty(first.Problems);
        Assert.Equal(rig.Mutations, first.Calls);
        Assert.NotEmpty(rig.PodRoutes());
        Assert.Equal(others, rig.OtherRoutes());
        var after = rig.PodRoutes();

        rig.Vpc.ForgetCalls();
        var second = await rig.ApplyAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, second.Calls);
        Assert.Equal(0, rig.Mutations);
        Assert.Equal(after, rig.PodRoutes());
    }
}
