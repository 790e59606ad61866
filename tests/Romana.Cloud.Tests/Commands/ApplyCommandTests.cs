namespace Romana.Cloud.Tests.Commands;

public sealed class ApplyCommandTests
{
    [Fact]
    public async Task Where_nobody_can_be_asked_apply_wants_yes()
    {
        var store = Path.GetTempFileName();
        var run = await ProgramRun.Of("apply", "--vpc", "vpc-1", "--endpoint", "http://127.0.0.1:9", "--store", store);
        File.Delete(store);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--yes", run.Error, StringComparison.Ordinal);
    }
}
