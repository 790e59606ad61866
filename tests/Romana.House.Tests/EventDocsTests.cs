using System.Text.RegularExpressions;

namespace Romana.House.Tests;

/// <summary>People meet conditions and events by their names: docs/operations.md says what each means and what to do.</summary>
public sealed partial class EventDocsTests
{
    [Fact]
    public void Every_condition_and_event_of_the_code_is_in_the_operations_page()
    {
        var page = Tree.Text("docs/operations.md");
        var missing = Tree.Files(".cs", "src/Romana.Cloud/Control", "src/Romana.Cloud/Health", "src/Romana.Ipam/Planning")
            .SelectMany(file => Name().Matches(Tree.Text(file)).Select(match => match.Groups["name"].Value))
            .Distinct().Order().Where(name => !Regex.IsMatch(page, $@"^\|[^|]*\b{name}\b", RegexOptions.Multiline));
        Assert.Equal([], missing);
    }

    [Theory]
    [InlineData("parts.Events.Tell(\"TableGone\", table, why);", "TableGone")]
    [InlineData("yield return new Happening(\"Health\", host, words);", "Health")]
    [InlineData("plan.Event(\"NameUsedAgain\", name, why);", "NameUsedAgain")]
    [InlineData("plan.Condition(\"Overlap\", why);", "Overlap")]
    [InlineData("if (full) yield return (\"TableFull\", why);", "TableFull")]
    [InlineData("[(\"HostsLeftOut\", why)]", "HostsLeftOut")]
    [InlineData("public const string Condition = \"RouteFight\";", "RouteFight")]
    public void The_scanner_knows_where_names_are_given(string line, string name) => Assert.Equal(name, Name().Match(line).Groups["name"].Value);

    [GeneratedRegex("""(Tell|Happening|plan\.Event|plan\.Condition|return |\[|Condition = )\(?"(?<name>[A-Z][A-Za-z]+)"[,;]""")]
    private static partial Regex Name();
}
