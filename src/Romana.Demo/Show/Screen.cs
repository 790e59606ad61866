using Microsoft.Win32.SafeHandles;
using Spectre.Console;

namespace Romana.Demo.Show;

/// <summary>Where the demo prints: colours and boxes on a terminal, plain lines elsewhere. Safe for several threads.</summary>
/// <param name="gone">Nobody reads any more: the pipe was closed.</param>
internal sealed class Screen(TextWriter writer, bool terminal, Action? gone = null)
{
    private readonly Lock _gate = new();
    private readonly IAnsiConsole _ansi = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });

    private int Width => terminal ? Math.Min(Lines.Widest, _ansi.Profile.Width - 1) : Lines.Widest;

    public static Screen OfProcess(Action gone) => Console.IsOutputRedirected
        ? new(new StreamWriter(new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 0)), false, gone)
        : new(Console.Out, true, gone);

    /// <summary>The console's own stream says nothing when the reader of a pipe has gone, and we would go on for ever.</summary>
    private const nint StandardOutput = 1;

    /// <summary>What happens in the VPC or is done by the demo.</summary>
    public void Say(string text) => Write(text, "default");

    /// <summary>The beginning of a part.</summary>
    public void Head(string text)
    {
        Write("", "default");
        Write(text, "bold");
    }

    public void Good(string text) => Write(text, "green");

    public void Bad(string text) => Write(text, "red");

    /// <summary>One EC2 call.</summary>
    public void Call(string text) => Write(text, "grey");

    /// <summary>Rows in columns. Where there is no terminal: padded with blanks, no frame, so that lines can be searched.</summary>
    public void Table(string title, string[] columns, IReadOnlyCollection<string[]> rows)
    {
        Print(() =>
        {
            if (terminal) WriteFramed(title, columns, rows);
            else WritePlain(title, columns, rows);
        });
    }

    private void Print(Action print)
    {
        lock (_gate)
        {
            try
            {
                print();
                writer.Flush();
            }
            catch (IOException)
            {
                gone?.Invoke();
            }
        }
    }

    private void WriteFramed(string title, string[] columns, IReadOnlyCollection<string[]> rows)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns) table.AddColumn(new TableColumn($"[grey]{Markup.Escape(column)}[/]"));
        foreach (var row in rows) table.AddRow([.. row.Select(Paint)]);
        _ansi.WriteLine();
        _ansi.MarkupLine($"[bold]{Markup.Escape(title)}[/]");
        _ansi.Write(table);
    }

    /// <summary>Our own routes stand out; what is foreign steps back.</summary>
    private static string Paint(string text) => text switch
    {
        _ when text.StartsWith("cover", StringComparison.Ordinal) => $"[aqua]{Markup.Escape(text)}[/]",
        _ when text.StartsWith("block", StringComparison.Ordinal) => $"[green]{Markup.Escape(text)}[/]",
        _ when text.Contains("not ours", StringComparison.Ordinal) => $"[grey]{Markup.Escape(text)}[/]",
        _ when text.Contains("blackhole", StringComparison.Ordinal) => $"[red]{Markup.Escape(text)}[/]",
        _ => Markup.Escape(text),
    };

    private void WritePlain(string title, string[] columns, IReadOnlyCollection<string[]> rows)
    {
        var widths = columns.Select((column, index) => rows.Select(row => row[index].Length).Append(column.Length).Max()).ToArray();
        writer.WriteLine();
        writer.WriteLine(title);
        foreach (var row in rows.Prepend(columns))
            writer.WriteLine("  " + string.Join("  ", row.Select((cell, index) => cell.PadRight(widths[index]))).TrimEnd());
    }

    private void Write(string text, string style) => Print(() =>
    {
        foreach (var line in Lines.Wrap(text, Width))
        {
            if (terminal) _ansi.MarkupLine($"[{style}]{Markup.Escape(line)}[/]");
            else writer.WriteLine(line);
        }
    });
}
