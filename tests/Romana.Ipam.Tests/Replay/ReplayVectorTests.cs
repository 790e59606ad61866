using System.Text.Json.Nodes;
using Romana.Ipam.Replay;
using Romana.Testing.Vectors;

namespace Romana.Ipam.Tests.Replay;

public class ReplayVectorTests
{
    public static TheoryData<string> All => VectorFiles.In("ipam");

    [Theory]
    [MemberData(nameof(All))]
    public void Every_step_answers_as_the_vector_says(string name)
    {
        var vector = VectorFiles.Load("ipam", name);
        var replayer = new Replayer();

        Assert.Null(replayer.Begin(vector));
        var answers = replayer.Run(vector).ToList();

        var steps = vector["steps"]!.AsArray();
        Assert.Equal(steps.Count, answers.Count);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < steps.Count; i++) StepExpectation.Check(steps[i]!.AsObject(), answers[i], names, $"{name} step {i}");
    }
}
