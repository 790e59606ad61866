namespace Romana.Cloud.Planning;

/// <summary>How costs add up in a group's tree; what a cost is differs with the question.</summary>
internal interface ICosts<T>
    where T : struct, IEquatable<T>
{
    T Nothing { get; }

    /// <summary>It cannot be done, whatever is spent.</summary>
    T Never { get; }

    /// <summary>The work is used up: what was answered since is worth nothing.</summary>
    bool GaveUp { get; }

    /// <summary>That many units of addresses behind an extra hop.</summary>
    T ExtraHops(long units);

    /// <summary>Two parts side by side.</summary>
    T Sum(T one, T other);

    /// <summary>The best of several ways.</summary>
    T Least(ReadOnlySpan<T> ways);

    T AndOneRoute(T cost);
}

/// <summary>Costs from which the routes can be read again, from the root down.</summary>
internal interface IReadableCosts<T> : ICosts<T>
    where T : struct, IEquatable<T>
{
    /// <summary>With that many routes the way costs no more than the best.</summary>
    bool AsGood(T way, T best, int routes);

    /// <summary>Fewest routes with the same cost.</summary>
    int Fewest(T cost, int routes);

    /// <summary>A best division of routes between two parts, as near to the wish for the first as there is.</summary>
    (int One, int Other) Divide(T one, T other, int routes, int wish);
}

/// <summary>The fewest routes that are complete, whatever the extra hops.</summary>
internal sealed class RouteCounts : ICosts<int>
{
    public int Nothing => 0;

    public int Never => int.MaxValue / 4;

    public bool GaveUp => false;

    public int ExtraHops(long units) => 0;

    public int Sum(int one, int other) => Math.Min(Never, one + other);

    public int Least(ReadOnlySpan<int> ways)
    {
        var least = Never;
        foreach (var way in ways) least = Math.Min(least, way);
        return least;
    }

    public int AndOneRoute(int cost) => Math.Min(Never, cost + 1);
}
