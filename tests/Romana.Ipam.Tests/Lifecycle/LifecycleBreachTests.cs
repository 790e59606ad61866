namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>A check that nothing can fail is none: each invariant is broken on purpose.</summary>
public sealed class LifecycleBreachTests(ITestOutputHelper output)
{
    [Theory]
    [MemberData(nameof(Breaches))]
    public async Task A_breach_is_noticed(Breach breach)
    {
        for (var seed = 1; seed <= 400; seed++)
        {
            var random = new Random(seed);
            try
            {
                await Episode.RunAsync(seed * 4, Enumerable.Range(0, 500).Select(_ => (uint)random.NextInt64(uint.MaxValue)), breach);
            }
            catch (InvariantBrokenException broken)
            {
                output.WriteLine($"after {seed} episodes: {broken.Message}");
                Assert.StartsWith($"{Onlooker.Invariant(breach)}:", broken.Message, StringComparison.Ordinal);
                return;
            }
        }

        Assert.Fail("nobody noticed");
    }

    public static TheoryData<Breach> Breaches => [.. Enum.GetValues<Breach>().Where(breach => breach != Breach.None)];
}
