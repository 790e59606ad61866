namespace Romana.Cloud.Planning;

/// <summary>A cost when routes have a price: so much in all, with so many routes; the fewest among equals.</summary>
internal readonly record struct Price(UInt128 Value, int Routes) : IComparable<Price>
{
    public int CompareTo(Price other) => Value != other.Value ? Value.CompareTo(other.Value) : Routes.CompareTo(other.Routes);
}

/// <summary>
/// Extra hops and routes weighed against each other, so many of the one for so many of the other: one number instead of
/// a vector. Every choice of prices gives a set of routes, and a bound that no set passes.
/// </summary>
internal sealed class PricedCosts(UInt128 perUnit, UInt128 perRoute) : IReadableCosts<Price>
{
    public Price Nothing => default;

    public Price Never => new(UInt128.MaxValue / 4, 0);

    public bool GaveUp => false;

    public Price ExtraHops(long units) => new(perUnit * (UInt128)units, 0);

    public Price Sum(Price one, Price other) =>
        one == Never || other == Never ? Never : new(one.Value + other.Value, one.Routes + other.Routes);

    public Price Least(ReadOnlySpan<Price> ways)
    {
        var least = Never;
        foreach (var way in ways)
        {
            if (way.CompareTo(least) < 0) least = way;
        }

        return least;
    }

    public Price AndOneRoute(Price cost) => cost == Never ? Never : new(cost.Value + perRoute, cost.Routes + 1);

    public bool AsGood(Price way, Price best, int routes) => way == best;

    public int Fewest(Price cost, int routes) => routes;

    public (int One, int Other) Divide(Price one, Price other, int routes, int wish) => (0, 0);

    /// <summary>Units behind an extra hop.</summary>
    public long Units(Price price) => (long)((price.Value - (perRoute * (UInt128)price.Routes)) / perUnit);

    /// <summary>No set of that many routes has fewer units behind an extra hop.</summary>
    public long Bound(Price best, int routes)
    {
        var spent = perRoute * (UInt128)routes;
        return best.Value <= spent ? 0 : (long)((best.Value - spent + perUnit - 1) / perUnit);
    }
}
