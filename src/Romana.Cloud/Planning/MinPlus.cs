using System.Numerics;
using System.Runtime.InteropServices;

namespace Romana.Cloud.Planning;

/// <summary>
/// sum[k] = min over i + j = k of a[i] + b[j], where beyond its end each vector goes on with its last element. Neither
/// rises. Elements that cannot be are <see cref="CostVectors.Impossible"/>, always at the start.
/// </summary>
internal static class MinPlus
{
    /// <summary>What one more route saves never grows; the leading elements that cannot be do not count.</summary>
    public static bool IsConvex(ReadOnlySpan<long> vector)
    {
        for (var k = Start(vector) + 2; k < vector.Length; k++)
        {
            if (vector[k - 1] - vector[k] > vector[k - 2] - vector[k - 1]) return false;
        }

        return true;
    }

    /// <summary>Every pair, many at a time. <paramref name="sum"/> comes filled with Impossible.</summary>
    public static void Plain(ReadOnlySpan<long> a, ReadOnlySpan<long> b, Span<long> sum)
    {
        for (var i = Start(a); i < a.Length && i < sum.Length; i++)
        {
            var into = sum[i..];
            var from = b[..Math.Min(b.Length, into.Length)];
            into = into[..from.Length];
            var add = new Vector<long>(a[i]);
            var wideFrom = MemoryMarshal.Cast<long, Vector<long>>(from);
            var wideInto = MemoryMarshal.Cast<long, Vector<long>>(into);
            for (var j = 0; j < wideFrom.Length; j++) wideInto[j] = Vector.Min(wideInto[j], wideFrom[j] + add);
            for (var j = wideFrom.Length * Vector<long>.Count; j < from.Length; j++) into[j] = Math.Min(into[j], from[j] + a[i]);
        }
    }

    /// <summary>
    /// With b convex the best i for k never falls as k grows, so the middle k bounds the search on both sides of it
    /// (the sums form a totally monotone matrix: Aggarwal, Klawe, Moran, Shor and Wilber, 1987).
    /// </summary>
    public static void WithConvex(ReadOnlySpan<long> a, ReadOnlySpan<long> b, Span<long> sum)
    {
        var (firstA, firstB) = (Start(a), Start(b));
        if (firstA == a.Length || firstB == b.Length) return;
        Fill(a, b, sum, (firstA + firstB, sum.Length - 1), (firstA, a.Length - 1));
    }

    private static void Fill(ReadOnlySpan<long> a, ReadOnlySpan<long> b, Span<long> sum, (int Low, int High) rows, (int Low, int High) among)
    {
        while (rows.Low <= rows.High)
        {
            var row = (rows.Low + rows.High) >>> 1;
            var (best, at) = (long.MaxValue, among.Low);
            for (var i = among.Low; i <= among.High && i <= row; i++)
            {
                var cost = a[i] + b[Math.Min(row - i, b.Length - 1)];
                if (cost < best) (best, at) = (cost, i);
            }

            sum[row] = best;
            Fill(a, b, sum, (rows.Low, row - 1), (among.Low, at));
            (rows.Low, among.Low) = (row + 1, at);
        }
    }

    private static int Start(ReadOnlySpan<long> vector)
    {
        var at = 0;
        while (at < vector.Length && vector[at] >= CostVectors.Impossible) at++;
        return at;
    }
}
