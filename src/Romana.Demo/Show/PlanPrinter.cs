using System.Globalization;

namespace Romana.Demo.Show;

/// <summary>Prints what `romana plan` foresees, and later how it compares with what was done.</summary>
internal sealed class PlanPrinter(Screen screen, PicturePrinter names)
{
    public void Print(PlannedWork plan, int hosts)
    {
        screen.Table(
            $"The plan for {hosts} hosts", ["table", "ours", "covers", "aggr.", "blocks", "not ours", "limit", "missing", "calls"],
            [.. plan.Tables.Select(Row)]);
        screen.Say(plan.Total == 0 ? "  no calls: nothing to do" : $"  {plan.Total} calls: {CallCounts.Words(plan.Calls)}");
        PrintNotes(plan);
    }

    /// <summary>One note for the tables that fall short by the same, and one for those that are aggregated.</summary>
    private void PrintNotes(PlannedWork plan)
    {
        var aggregated = plan.Tables.Where(table => table.ExactRoutes > 0).ToList();
        if (aggregated.Count > 0)
        {
            screen.Say(string.Create(CultureInfo.InvariantCulture,
                $"note: {aggregated.Count} tables are aggregated: exact routes would be {aggregated.Max(table => table.ExactRoutes)}."));
            screen.Say(string.Create(CultureInfo.InvariantCulture,
                $"  Every block is reached; at most {aggregated.Max(table => table.ExtraHops):P1} of the addresses take one hop more."));
        }

        foreach (var group in plan.Tables.Where(table => table.Missing > 0 || !table.Complete)
            .GroupBy(table => (table.Missing, table.Quota, table.Foreign, table.Complete)))
        {
            var (missing, quota, foreign, complete) = group.Key;
            screen.Bad($"note: no room for {missing} more routes in {string.Join(", ", group.Select(table => names.NameOf(table.Id)))}: "
                + $"limit {quota} (quota L-93826ACB), {foreign} not ours. "
                + (complete ? "What stands reaches every block meanwhile."
                    : "Not even the covers fit: blocks are out of reach."));
        }
    }

    public void Compare(PlannedWork plan, CallCounts made)
    {
        var planned = string.Create(CultureInfo.InvariantCulture, $"Calls that change the VPC: {plan.Total} planned, {made.Changed} made");
        var more = made.Refused == 0 ? "" : $"; {made.Refused} more were refused and made again";
        if (plan.Total == made.Changed && made.Refused == 0) screen.Good($"{planned}.");
        else screen.Bad($"{planned}{more}.");
        screen.Say($"  made: {CallCounts.Words(made.Changes)}");
        screen.Say($"  read: {CallCounts.Words(made.Reads)}");
    }

    private string[] Row(PlannedTable table) =>
    [
        names.NameOf(table.Id), Number(table.Covers + table.Aggregates + table.Blocks), Number(table.Covers), Number(table.Aggregates), Number(table.Blocks), Number(table.Foreign),
        Number(table.Quota), table.Missing == 0 ? "-" : Number(table.Missing), Number(table.Calls),
    ];

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
