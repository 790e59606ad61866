using System.Numerics;
using System.Runtime.InteropServices;

namespace Romana.Cloud.Planning;

/// <summary>
/// Costs by number of routes: element k of a vector is the least cost with at most k routes, and the last element
/// stands for every k beyond. Vectors are told apart by content and known by number, and each sum and minimum is worked
/// out once: where hosts look alike, whole subtrees do, and cost nothing after the first.
/// </summary>
internal sealed class CostVectors : IReadableCosts<int>
{
    /// <summary>No set of that many routes will do. Twice this is still a number.</summary>
    public const long Impossible = long.MaxValue / 4;

    /// <summary>Memory may be used up before time is.</summary>
    private const int StepsPerCell = 40;

    private readonly Dictionary<long[], int> _numbers = new(new SameContent());
    private readonly List<long[]> _vectors = [];
    private readonly List<bool> _convex = [];
    private readonly Dictionary<(int, int), int> _sums = [];
    private readonly Dictionary<(int, int), int> _minima = [];
    private readonly Dictionary<int, int> _shifted = [];
    private readonly HashSet<int> _ways = [];
    private readonly int _most;
    private readonly long _work;
    private long[] _scratch = new long[16];

    /// <param name="most">Routes that are ever looked at.</param>
    /// <param name="work">Steps of arithmetic after which it gives up.</param>
    public CostVectors(int most, long work)
    {
        (_most, _work) = (most, work);
        (Nothing, Never) = (Number([0]), Number([Impossible]));
    }

    /// <summary>Routes that are ever looked at.</summary>
    public int Most => _most;

    public int Nothing { get; }

    public int Never { get; }

    public bool GaveUp { get; private set; }

    /// <summary>Steps made so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Numbers kept so far.</summary>
    public long Cells { get; private set; }

    public ReadOnlySpan<long> this[int number] => _vectors[number];

    /// <summary>The same cost whatever the number of routes.</summary>
    public int ExtraHops(long units) => Number([units]);

    public long At(int cost, int routes) => _vectors[cost][Math.Min(routes, _vectors[cost].Length - 1)];

    public bool AsGood(int way, int best, int routes) => At(way, routes) == At(best, routes);

    public int Fewest(int cost, int routes)
    {
        var vector = _vectors[cost];
        var k = Math.Min(routes, vector.Length - 1);
        while (k > 0 && vector[k - 1] == vector[k]) k--;
        return k;
    }

    public (int One, int Other) Divide(int one, int other, int routes, int wish)
    {
        var target = At(Sum(one, other), routes);
        var (best, distance) = ((0, 0), int.MaxValue);
        for (var i = 0; i < _vectors[one].Length && i <= routes; i++)
        {
            if (Math.Abs(i - wish) >= distance || _vectors[one][i] + At(other, routes - i) != target) continue;
            (best, distance) = ((i, routes - i), Math.Abs(i - wish));
        }

        return best;
    }

    /// <summary>Two parts side by side, the routes divided between them in the best way.</summary>
    public int Sum(int one, int other)
    {
        if (one == Nothing || other == Never) return other;
        if (other == Nothing || one == Never) return one;
        var key = one <= other ? (one, other) : (other, one);
        if (_sums.TryGetValue(key, out var known)) return known;
        var (a, b) = (_vectors[one], _vectors[other]);
        var length = Math.Min(a.Length + b.Length - 1, _most + 1);
        if (_scratch.Length < length) _scratch = new long[2 * length];
        var sum = _scratch.AsSpan(0, length);
        sum.Fill(Impossible);
        if (!Spend(a, b, one, other)) return one;
        if (_convex[one]) MinPlus.WithConvex(b, a, sum);
        else if (_convex[other]) MinPlus.WithConvex(a, b, sum);
        else MinPlus.Plain(a, b, sum);
        return _sums[key] = Number(sum);
    }

    /// <summary>The best of several ways at every number of routes.</summary>
    public int Least(ReadOnlySpan<int> ways)
    {
        _ways.Clear();
        foreach (var way in ways) _ways.Add(way);
        if (_ways.Count == 1) return ways[0];
        if (_ways.Count == 2 && ways.Length == 2 && _minima.TryGetValue((ways[0], ways[1]), out var known)) return known;
        var length = _ways.Max(way => _vectors[way].Length);
        if (_scratch.Length < length) _scratch = new long[2 * length];
        var least = _scratch.AsSpan(0, length);
        least.Fill(Impossible);
        foreach (var way in _ways) Lower(least, _vectors[way]);
        Steps += (long)_ways.Count * length / Vector<long>.Count;
        var number = Number(least);
        if (ways.Length == 2) _minima[(ways[0], ways[1])] = number;
        return number;
    }

    /// <summary>One route more.</summary>
    public int AndOneRoute(int cost)
    {
        if (_shifted.TryGetValue(cost, out var known)) return known;
        var vector = _vectors[cost];
        var length = Math.Min(vector.Length + 1, _most + 1);
        var more = new long[length];
        more[0] = Impossible;
        vector.AsSpan(0, length - 1).CopyTo(more.AsSpan(1));
        return _shifted[cost] = Number(more);
    }

    private static void Lower(Span<long> least, ReadOnlySpan<long> way)
    {
        for (var k = 0; k < way.Length; k++) least[k] = Math.Min(least[k], way[k]);
        for (var k = way.Length; k < least.Length; k++) least[k] = Math.Min(least[k], way[^1]);
    }

    private bool Spend(long[] a, long[] b, int one, int other)
    {
        var plain = !_convex[one] && !_convex[other];
        Steps += plain ? (long)a.Length * b.Length / Vector<long>.Count : (a.Length + b.Length) * (long)(BitOperations.Log2((uint)(a.Length + b.Length)) + 1);
        return !(GaveUp |= Steps > _work || Cells > _work / StepsPerCell);
    }

    private int Number(ReadOnlySpan<long> content)
    {
        while (content.Length > 1 && content[^2] == content[^1]) content = content[..^1];
        var byContent = _numbers.GetAlternateLookup<ReadOnlySpan<long>>();
        if (byContent.TryGetValue(content, out var number)) return number;
        Cells += content.Length;
        number = _vectors.Count;
        _vectors.Add(content.ToArray());
        _convex.Add(MinPlus.IsConvex(content));
        _numbers[_vectors[number]] = number;
        return number;
    }

    private sealed class SameContent : IEqualityComparer<long[]>, IAlternateEqualityComparer<ReadOnlySpan<long>, long[]>
    {
        public bool Equals(long[]? x, long[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<long> alternate, long[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(long[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<long> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(MemoryMarshal.AsBytes(alternate));
            return hash.ToHashCode();
        }

        public long[] Create(ReadOnlySpan<long> alternate) => alternate.ToArray();
    }
}
