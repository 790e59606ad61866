using CsCheck;
using Romana.Cloud.Planning;

namespace Romana.Cloud.Tests.Planning;

/// <summary>Sums of cost vectors by each of the ways, against the definition.</summary>
public sealed class MinPlusTests
{
    private static readonly Gen<long[]> Any =
        from never in Gen.Int[0, 3]
        from falls in Gen.Long[0, 9].Array[0, 40]
        select Falling(never, falls);

    private static readonly Gen<long[]> Convex =
        from never in Gen.Int[0, 3]
        from falls in Gen.Long[0, 9].Array[0, 40]
        select Falling(never, [.. falls.Order()]);

    [Fact]
    public void Every_way_gives_the_least_over_all_divisions() => Gen.Select(Any, Any, Convex, Gen.Int[1, 90]).Sample(
        (a, b, convex, length) =>
        {
            Assert.Equal(Slow(a, b, length), Sum(MinPlus.Plain, a, b, length));
            Assert.True(MinPlus.IsConvex(convex));
            Assert.Equal(Slow(a, convex, length), Sum(MinPlus.WithConvex, a, convex, length));
        },
        iter: Effort.Of(20_000), threads: 2);

    [Fact]
    public void What_is_not_convex_is_told_apart()
    {
        Assert.False(MinPlus.IsConvex([9, 8, 5]));
        Assert.True(MinPlus.IsConvex([CostVectors.Impossible, 9, 5, 3, 3]));
        Assert.True(MinPlus.IsConvex([7]));
    }

    private delegate void Way(ReadOnlySpan<long> a, ReadOnlySpan<long> b, Span<long> sum);

    /// <summary>As it is used: as long as both go, or shorter.</summary>
    private static long[] Sum(Way way, long[] a, long[] b, int length)
    {
        var sum = new long[Math.Min(length, a.Length + b.Length - 1)];
        Array.Fill(sum, CostVectors.Impossible);
        way(a, b, sum);
        return [.. sum.Select(cost => Math.Min(cost, CostVectors.Impossible))];
    }

    private static long[] Slow(long[] a, long[] b, int length) => [.. Enumerable.Range(0, Math.Min(length, a.Length + b.Length - 1)).Select(k =>
        Math.Min(CostVectors.Impossible, Enumerable.Range(0, k + 1).Min(i => a[Math.Min(i, a.Length - 1)] + b[Math.Min(k - i, b.Length - 1)])))];

    /// <summary>From what cannot be, then down by those steps, read from the end, to zero.</summary>
    private static long[] Falling(int never, long[] falls)
    {
        var vector = new List<long> { 0 };
        foreach (var fall in falls) vector.Insert(0, vector[0] + fall);
        return [.. Enumerable.Repeat(CostVectors.Impossible, never), .. vector];
    }
}
