using System.Globalization;
using System.Text.Json;
using Romana.Cloud.Commands.Frame;

namespace Romana.EndToEnd.Tests.Docs;

/// <summary>What docs/routing.md says in words about its example is what the planner's figures say.</summary>
public sealed class RoutingPageTests
{
    [Fact]
    public async Task The_figures_of_the_worked_example_are_the_plans()
    {
        var page = await File.ReadAllTextAsync(Path.Combine(DocPages.Root, "docs", "routing.md"), TestContext.Current.CancellationToken);
        var text = string.Join(' ', page.Split((char[])['\n', ' '], StringSplitOptions.RemoveEmptyEntries));
        var table = (await PlanAsync()).RootElement.GetProperty("tables")[0];
        var blocks = await BlocksAsync();
        var addresses = 64 * blocks;
        double Share(string name) => table.GetProperty(name).GetDouble();

        Assert.Contains($"Seven hosts hold {blocks} blocks of 64 addresses, {addresses} in all", text, StringComparison.Ordinal);
        Assert.Contains($"Exact routes would be {table.GetProperty("aggregated").GetProperty("exact_routes")}. With a quota of 6 there is room for {table.GetProperty("aggregated").GetProperty("room")}", text, StringComparison.Ordinal);
        Assert.Contains(Words("That is", Share("local_extra_hop_share"), addresses), text, StringComparison.Ordinal);
        Assert.Contains(Words("Again", Share("extra_hop_share"), addresses), text, StringComparison.Ordinal);
    }

    private static string Words(string start, double share, int of) =>
        string.Create(CultureInfo.InvariantCulture, $"{start} {Math.Round(share * of)} addresses, {share:P1}");

    private static string Example(string name) => Path.Combine(DocPages.Root, "docs", "examples", name);

    private static async Task<int> BlocksAsync()
    {
        using var inventory = JsonDocument.Parse(await File.ReadAllTextAsync(Example("many-hosts.json"), TestContext.Current.CancellationToken));
        return inventory.RootElement.GetProperty("blocks").GetArrayLength();
    }

    private static async Task<JsonDocument> PlanAsync()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        await RomanaProgram.RunAsync(
            ["routes", "plan", "--topology", Example("zones.yaml"), "--inventory", Example("many-hosts.json"), "--limit", "6", "-o", "json"],
            new Surroundings { Out = output, Error = error }, TestContext.Current.CancellationToken);
        return JsonDocument.Parse(output.ToString());
    }
}
