using System.Globalization;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Views;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana routes show --explain` as tables for people.</summary>
internal static class ExplainOutput
{
    public static IEnumerable<TextTable> Tables(RouteExplanationView view)
    {
        yield return new TextTable(view.Answer, ["Table", "Route", "Target", "Host", "Kind", "#Hops", "Since", "If the host went"], [.. view.Tables.SelectMany(Rows)])
        {
            Empty = "no table is known",
            Notes = [.. Words(view), view.Source == "tables"
                ? "Read from the tables as EC2 shows them, beside the ledger."
                : "Read from the ledger: what Romana wrote. Routes of others are not in it; --live reads the tables."],
        };
    }

    private static IEnumerable<string?[]> Rows(ExplainedTable table) => table.Routes.IsEmpty
        ? [[table.Id, "no route", null, null, null, null, null, null]]
        : table.Routes.Select(route => new[]
        {
            table.Id, route.Destination.ToString(), route.Target, route.Host, route.Ours ? route.Kind?.ToString().ToLowerInvariant() : "not ours",
            route.Hops?.ToString(CultureInfo.InvariantCulture), route.Since?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture), route.IfGone,
        });

    /// <summary>The same words for several tables are said once.</summary>
    private static IEnumerable<string> Words(RouteExplanationView view) => view.Tables
        .SelectMany(table => table.Routes.Select(route => (table.Id, Text: $"{route.Destination} goes {route.Way}; why: {route.Why}")))
        .GroupBy(pair => pair.Text, StringComparer.Ordinal)
        .Select(same => $"{string.Join(", ", same.Select(pair => pair.Id).Distinct(StringComparer.Ordinal))}: {same.Key}");
}
