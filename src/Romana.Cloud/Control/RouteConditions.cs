using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Control;

/// <summary>What lastingly stands in the way of a table's routes, as words for its ledger's conditions. Pure.</summary>
internal static class RouteConditions
{
    public static IEnumerable<(string Type, string Message)> Of(RoutePlan plan, string table, TableOutcome? outcome, string? resting, string? fight)
    {
        if (fight is not null) yield return (RouteFights.Condition, fight);
        var incomplete = plan.Tables.Where(one => one.Id == table && (!one.Complete || one.Missing > 0)).ToList();
        if (incomplete.Count > 0) yield return ("RoutesIncomplete", string.Join("; ", incomplete.Select(Incomplete)));
        var aggregated = plan.Tables.Where(one => one.Id == table && one.Aggregated is not null).ToList();
        if (aggregated.Count > 0) yield return (Aggregated, string.Join("; ", aggregated.Select(Words)));
        var conflicts = plan.Conflicts.Where(conflict => conflict.Table == table).ToList();
        if (conflicts.Count > 0)
            yield return ("Conflict", string.Join("; ", conflicts.Take(10).Select(conflict =>
                $"{conflict.Destination} goes to {conflict.Found}, not to {conflict.Wanted}, and is not ours: {conflict.Remedy}")));
        foreach (var refusals in plan.Refused.Where(refusal => refusal.Table is null || refusal.Table == table)
            .GroupBy(refusal => refusal.Code, StringComparer.Ordinal).Where(group => group.Key != "quota" || incomplete.Count == 0))
            yield return (Word(refusals.Key), string.Join("; ", refusals.Take(10).Select(refusal => $"{refusal.Message}: {refusal.Remedy}")));
        if (resting is not null) yield return ("Refused", $"EC2 refused a change: {resting}; tried again in some minutes");
        if (outcome?.Failures.Select(one => one.Outcome).FirstOrDefault(one => one.Kind == Aws.OutcomeKind.LimitExceeded) is { } full)
            yield return ("TableFull", $"EC2 says that the table is full ({full.Message}): ask for a higher quota L-93826ACB");
    }

    /// <summary>Said to people, no reason for `apply` to fail: nothing is left undone that it could do.</summary>
    public static bool IsAdvice(string type) => type is Assumed or LeftBehind or Aggregated or QuotaBook.Assumed;

    public const string Assumed = "PrefixListSizeUnknown";
    public const string LeftBehind = "NotManaged";
    public const string Aggregated = "Aggregated";

    public static string LeftIn(StoredLedger ledger, TableChoice choice) =>
        $"{ledger.Spec.Table} is not chosen by --tables {choice.ToString().ToLowerInvariant()} any more, and {LedgerPlanner.MayStand(ledger.Spec).Count()} routes of ours stay in it as they are; "
        + "their blocks go to no other host: choose the table again, or take all routes back with romana uninstall and apply anew";

    private static string Incomplete(TablePlan table) =>
        $"{(table.Family == IpFamily.IPv4 ? "IPv4" : "IPv6")}: quota {table.Quota}, {table.Foreign} routes of others, {table.Used} used, "
        + $"{table.Missing} missing{(table.Complete ? ", what stands reaches every block meanwhile" : "")}: raise quota L-93826ACB";

    /// <summary>Every block is reached, some by one hop more.</summary>
    private static string Words(TablePlan table) => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{(table.Family == IpFamily.IPv4 ? "IPv4" : "IPv6")}: quota {table.Quota}, {table.Foreign} routes of others, room for {table.Aggregated!.Room} of ours; ")
        + string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"exact routes would be {table.Aggregated.ExactRoutes}; extra hop for {table.ExtraHopShare:P1} of the addresses, and {table.LocalExtraHopShare:P1} that neighbours pass by");

    private static string Word(string code) => code switch
    {
        "reserved_destination" => "AddressConflict",
        "overlap" => "Overlap",
        "brake" => "Brake",
        "quota" => "RoutesIncomplete",
        _ => string.Concat(code.Split('_').Select(part => char.ToUpperInvariant(part[0]) + part[1..])),
    };
}
