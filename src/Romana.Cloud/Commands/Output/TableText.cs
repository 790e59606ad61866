using Spectre.Console;

namespace Romana.Cloud.Commands.Output;

/// <summary>Tables with frames on a terminal, aligned columns elsewhere (two spaces between, no trailing ones).</summary>
internal static class TableText
{
    public static void Write(TextWriter writer, bool terminal, IEnumerable<TextTable> tables)
    {
        var first = true;
        foreach (var table in tables)
        {
            if (!first) writer.WriteLine();
            first = false;
            if (table.Rows.Count == 0) writer.WriteLine(table.Title is null ? table.Empty : $"{table.Title}: {table.Empty}");
            else if (terminal) WriteFramed(writer, table);
            else WriteAligned(writer, table);
            foreach (var note in table.Notes) writer.WriteLine(note);
        }
    }

    private static void WriteFramed(TextWriter writer, TextTable table)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });

        // A CIDR that is broken over two lines can be neither read nor copied.
        if (Widths(table).Sum(width => width + 3) + 1 > console.Profile.Width)
        {
            WriteAligned(writer, table);
            return;
        }

        var drawn = new Table().Border(TableBorder.Rounded);
        if (table.Title is not null) drawn.Title(Markup.Escape(table.Title));
        foreach (var column in table.Columns)
        {
            var head = new TableColumn(Markup.Escape(column.TrimStart('#')));
            drawn.AddColumn(column.StartsWith('#') ? head.RightAligned() : head);
        }

        foreach (var row in table.Rows) drawn.AddRow(row.Select(cell => new Text(cell ?? "-")));
        console.Write(drawn);
    }

    private static void WriteAligned(TextWriter writer, TextTable table)
    {
        if (table.Title is not null) writer.WriteLine(table.Title);
        var heads = table.Columns.Select(column => column.TrimStart('#').ToUpperInvariant()).ToArray();
        var widths = Widths(table);
        foreach (var row in table.Rows.Prepend(heads))
        {
            var cells = row.Select((cell, i) => table.Columns[i].StartsWith('#')
                ? (cell ?? "-").PadLeft(widths[i])
                : (cell ?? "-").PadRight(widths[i]));
            writer.WriteLine(string.Join("  ", cells).TrimEnd());
        }
    }

    private static int[] Widths(TextTable table) => [.. table.Columns.Select((column, i) =>
        table.Rows.Select(row => (row[i] ?? "-").Length).Append(column.TrimStart('#').Length).Max())];
}
