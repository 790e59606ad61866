using System.Globalization;
using CsCheck;

namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>
/// I1 to I13 under random operations, injected faults, crashes at any write, power loss, restored stores and journals,
/// two controllers, and dead hosts that go on. ROMANA_PROPERTY_OPERATIONS says how many operations. Every run has other
/// episodes; a failure prints its seed and its story, and ROMANA_PROPERTY_SEED begins with that seed.
/// Left out: a store and a journal that are both put back to before one and the same grant, of which then nobody knows;
/// and a restored journal that no record shows to be one, since nothing was reported after the copy.
/// </summary>
public sealed class LifecyclePropertyTests(ITestOutputHelper output)
{
    private const int Longest = 1000;

    private static readonly Gen<(int Seed, uint[] Operations)> Episodes = Gen.Select(Gen.Int[0, int.MaxValue / 2], Gen.UInt[0, uint.MaxValue - 1].Array[1, Longest]);

    [Fact]
    public async Task I1_to_I13_hold_under_random_operations_and_faults()
    {
        var wanted = int.Parse(Environment.GetEnvironmentVariable("ROMANA_PROPERTY_OPERATIONS") ?? "20000", CultureInfo.InvariantCulture);
        var seed = Environment.GetEnvironmentVariable("ROMANA_PROPERTY_SEED");
        var (attached, operations) = (0, 0);
        (int Seed, uint[] Operations)? failed = null;
        try
        {
            while (operations < wanted)
                await Episodes.SampleAsync(LiveAsync, seed: seed, iter: Math.Max(1, (wanted - operations) * 2 / Longest), print: episode => $"seed {episode.Seed}");
        }
        catch (Exception fault) when (failed is not null && fault is CsCheckException or InvariantBrokenException)
        {
            output.WriteLine(await Story.OfAsync(failed.Value.Seed, failed.Value.Operations));
            throw;
        }

        output.WriteLine($"{operations} operations, {attached} attachments");
        Assert.True(seed is not null || attached > operations / 20, "too few attachments: the test proved nothing");

        async Task LiveAsync((int Seed, uint[] Operations) episode)
        {
            try
            {
                Interlocked.Add(ref attached, await Episode.RunAsync(episode.Seed, episode.Operations));
                Interlocked.Add(ref operations, episode.Operations.Length);
            }
            catch (InvariantBrokenException)
            {
                failed = episode;
                throw;
            }
        }
    }
}
