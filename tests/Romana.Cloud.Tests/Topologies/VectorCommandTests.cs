using System.Text.Json.Nodes;
using Romana.Cloud.Tests.Commands;
using Romana.Testing.Vectors;

namespace Romana.Cloud.Tests.Topologies;

/// <summary>The behaviour vectors through the command line. A new file needs no new code.</summary>
public sealed class VectorCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("romana-vectors-").FullName;

    public static TheoryData<string> Topologies => VectorFiles.In("topology");

    public static TheoryData<string> Replays => VectorFiles.In("ipam");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Topologies))]
    public async Task Topology_show_prints_what_the_vector_says(string name)
    {
        var vector = VectorFiles.Load("topology", name);
        var file = Path.Combine(folder, "topology.json");
        await File.WriteAllTextAsync(file, vector["document"]!.ToJsonString(), TestContext.Current.CancellationToken);

        var run = await ProgramRun.Of("topology", "show", file, "-o", "json");

        Assert.Equal(0, run.ExitCode);
        VectorFiles.AssertCovers(vector["expect"], JsonNode.Parse(run.Out), name);
    }

    [Theory]
    [MemberData(nameof(Replays))]
    public async Task Ipam_replay_answers_what_the_vector_says(string name)
    {
        var run = await ProgramRun.Of("ipam", "replay", VectorFiles.PathOf("ipam", name));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var answers = run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject()).ToList();
        var steps = VectorFiles.Load("ipam", name)["steps"]!.AsArray();
        Assert.Equal(steps.Count, answers.Count);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < steps.Count; i++) StepExpectation.Check(steps[i]!.AsObject(), answers[i], names, $"{name} step {i}");
    }
}
