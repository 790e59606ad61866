using System.CommandLine;
using System.Globalization;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Input;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Views;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana events`: what happened in the last day.</summary>
internal static class EventsCommand
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static Command Build(Surroundings around)
    {
        var since = MakeSince();
        var kind = new Option<string?>("--kind") { Description = "Only events of this kind, such as Failover", HelpName = "KIND" };
        var about = new Option<string?>("--about") { Description = "Only events about this host, table or destination", HelpName = "NAME" };
        var follow = new Option<bool>("--follow") { Description = "Go on with a line for each event as it happens, until interrupted (-o json: one object a line)" };
        var command = new DocumentedCommand("events", "Show what happened in the last day: failovers, fights, brakes, deaths, conditions that came and went",
            "romana events", "romana events --since 2h --kind Failover", "romana events --follow", "romana events -o json") { since, kind, about, follow };
        command.AddLiveState();
        command.SetAction((parsed, cancel) => StateCommand.WithStoreAsync(around, parsed, async store =>
        {
            var (from, format) = (around.Clock.GetUtcNow() - (parsed.GetValue(since) ?? Day), parsed.GetValue(SharedOptions.Format));
            bool IsWanted(EventView one) => Matches(one.Kind, parsed.GetValue(kind)) && Matches(one.About, parsed.GetValue(about));
            if (parsed.GetValue(follow))
            {
                if (format == OutputFormat.Yaml) throw CommandFailure.BadInput("--follow -o yaml: a YAML document has an end", "write -o json, or no -o");
                await new EventsFollow(around, store, format, IsWanted).RunAsync(from, cancel);
                return ExitCode.Done;
            }

            var view = await EventListView.OfAsync(store, from, cancel);
            around.Print(format, new EventListView([.. view.Events.Where(IsWanted)]), Tables);
            return ExitCode.Done;
        }, cancel));
        return command;
    }

    private static Option<TimeSpan?> MakeSince()
    {
        var option = new Option<TimeSpan?>("--since") { Description = "How far back, such as 90s, 30m or 2h [default: 1d]", HelpName = "TIME" };
        option.CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (SpanText.TryParse(text, out var span)) return span;
            result.AddError($"--since {text}: {SpanText.Wanted}");
            return null;
        };
        return option;
    }

    private static bool Matches(string text, string? wanted) => wanted is null || text.Equals(wanted, StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<TextTable> Tables(EventListView view)
    {
        yield return new TextTable(null, ["Last", "#Count", "Kind", "About", "Message"], [.. view.Events.Select(Row)])
        {
            Empty = "nothing happened",
        };
    }

    private static string?[] Row(EventView one) =>
    [
        one.Last.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        one.Count.ToString(CultureInfo.InvariantCulture), one.Kind, one.About, one.Message,
    ];
}
