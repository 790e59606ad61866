using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests.Docs;

/// <summary>The commands of docs/operations.md, "First run", in their order, by the real program, against a VPC on loopback.</summary>
public sealed class FirstRunTests
{
    private const string ShownVpc = "vpc-0123456789abcdef0";

    [Fact]
    public async Task The_first_run_goes_as_the_page_says()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 2, SubnetsPerZone: 1, Hosts: 4));
        var folder = Directory.CreateTempSubdirectory("romana-first-run-").FullName;
        try
        {
            var commands = DocPages.Commands().Where(shown => shown.Page.EndsWith("operations.md", StringComparison.Ordinal) && shown.InRun).ToList();
            Assert.Equal(7, commands.Count);
            foreach (var shown in commands.Where(shown => shown.Words[0] != "controller")) await RunAsync(rig, folder, shown);
            Assert.Equal(2, rig.Vpc.State.Subnets.Count);
            Assert.NotEmpty(rig.PodRoutes());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task RunAsync(Rig rig, string folder, ShownCommand shown)
    {
        var words = shown.Words.Select(word => word == ShownVpc ? rig.Options.Vpc : word).ToList();
        if (words.Contains("--vpc")) words.AddRange(["--region", "us-west-2", "--endpoint", rig.Endpoint.Url.ToString()]);
        if (words[0] is "apply" or "plan") words.AddRange(["--settle", "0.1", "--rate-scale", "100"]);
        using var process = RomanaProcess.Plain(folder, [.. words]);
        var (code, output, errors) = await process.EndAsync();
        Assert.True(code == 0, $"{shown}: exit code {code}\n{output}{errors}");
        if (shown.RedirectedTo is { } file) await File.WriteAllTextAsync(Path.Combine(folder, file), output, TestContext.Current.CancellationToken);
    }
}
