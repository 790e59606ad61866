using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Tests;

/// <summary>A route as a test's argument; the records themselves are internal.</summary>
public sealed class RouteCase
{
    internal RouteCase(Route route) => Route = route;

    internal Route Route { get; }

    public override string ToString() => Route.ToString();
}

/// <inheritdoc cref="RouteCase"/>
public sealed class RuleCase
{
    internal RuleCase(Rule rule) => Rule = rule;

    internal Rule Rule { get; }

    public override string ToString() => Rule.ToString();
}
