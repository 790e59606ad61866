using CsCheck;
using Romana.Cloud.Control;
using Romana.Cloud.Tests.Planning;

namespace Romana.Cloud.Tests.Control;

/// <summary>
/// A model checker over the real executor: random transitions, and for each call of each pass a drawn outcome (done,
/// refused, throttled, table full, target refused, answer lost with and without effect, process killed, overtaken). R1,
/// R2, R5 and the settle rule are judged after every call that took effect, and in the end everything is done.
/// </summary>
public sealed class ExecutorWalkTests
{
    private const int Walks = 4_000;

    /// <summary>Random walks that found something once.</summary>
    private static readonly string[] Finds =
    [
        "5z_GBC3X5tJ1", "6LiWLIhtyhW1", "eVztQEiDSpi1", "2IJ3aYEGxyk2", "2eSikkcupmW1", "4e4YCLynSWq2", "b2UBjfHfn--1",
        "5pNYWwkK04a2", "d4SB8qKZGg42", "75E0dodtYiZ1", "f027St3Hx0_2", "6R0_Xbs2f9a1",
    ];

    private sealed class Tally
    {
        public int Walks, Calls, Troubles;

        public override string ToString() => $"{Walks} walks, {Calls} calls, {Troubles} of them in trouble";
    }

    [Fact]
    public void Whatever_becomes_of_the_executors_calls_no_address_is_lost_and_the_end_is_reached()
    {
        var tally = new Tally();
        var walks = Gen.Select(WorldMoves.Any, Gen.Int, Gen.OneOf(Gen.Const(0.05), Gen.Const(0.2), Gen.Const(0.5)));
        if (Environment.GetEnvironmentVariable("ROMANA_PROPERTY_RANDOM") is { Length: > 0 })
            walks.Sample((moved, seed, faults) => Check(moved, seed, faults, tally), iter: 20_000, threads: 2, print: Text);

        // The same walks in every run: a rare find is for whoever looks for it, not for whoever changes something else.
        foreach (var (name, start) in Starts())
        {
            var (moved, seed, faults) = walks.Generate(start, null, out _);
            try
            {
                Check(moved, seed, faults, tally);
            }
            catch (WalkFailedException failed)
            {
                Assert.Fail($"walk {name}: {failed.Message}\n{Text((moved, seed, faults))}");
            }
        }

        TestContext.Current.SendDiagnosticMessage(tally.ToString());
        Assert.True(tally.Calls > Effort.Of(10_000) && tally.Troubles > Effort.Of(2_000), $"{tally}: too few to mean anything");
    }

    private static IEnumerable<(string Name, PCG Start)> Starts() => Finds.Select(find => (find, PCG.Parse(find)))
        .Concat(Enumerable.Range(0, Effort.Of(Walks)).Select(number => ($"{number}", new PCG((uint)number, (ulong)number))));

    private static string Text((MovedWorld Moved, int Seed, double Faults) drawn) => $"{drawn.Moved}\nseed {drawn.Seed}, faults {drawn.Faults}";

    private static void Check(MovedWorld moved, int seed, double faults, Tally tally)
    {
        var world = WorldMoves.Standing(moved);
        var walk = new ExecutorWalk(moved, world, seed);
        try
        {
            walk.RunAsync(8, faults).GetAwaiter().GetResult();
            var strays = walk.Strays(world.Inventory.Tables[0]).ToList();
            if (strays.Count > 0) throw new WalkFailedException($"nobody knows of {string.Join(", ", strays)}");
        }
        catch (WalkFailedException failed)
        {
            throw new WalkFailedException($"{failed.Message}\n{string.Join('\n', walk.Ec2.Story)}\n");
        }

        Interlocked.Increment(ref tally.Walks);
        Interlocked.Add(ref tally.Calls, walk.Ec2.Calls);
        Interlocked.Add(ref tally.Troubles, walk.Ec2.Troubles);
    }
}
