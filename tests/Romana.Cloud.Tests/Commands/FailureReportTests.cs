using Romana.Cloud.Commands.Frame;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Tests.Commands;

public sealed class FailureReportTests
{
    [Fact]
    public void A_failure_is_a_message_a_remedy_and_its_exit_code()
    {
        var (exitCode, text) = Tell(CommandFailure.BadInput("hosts.json does not exist", "check the path"), CancellationToken.None);
        Assert.Equal(2, exitCode);
        Assert.Equal("romana: hosts.json does not exist.\n  Remedy: check the path.\n", text);
    }

    [Fact]
    public void A_store_that_cannot_answer_fails_with_its_own_words_and_its_remedy()
    {
        var (exitCode, text) = Tell(new StoreUnavailableException("the store romana.db is on a full disk: free\nspace"), CancellationToken.None);
        Assert.Equal(1, exitCode);
        Assert.Equal("romana: the store romana.db is on a full disk.\n  Remedy: free space.\n", text);
    }

    [Fact]
    public void An_unexpected_fault_shows_no_stack_trace()
    {
        var (exitCode, text) = Tell(Thrown(new InvalidOperationException("odd")), CancellationToken.None);
        Assert.Equal(1, exitCode);
        Assert.Contains("odd", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Ctrl_C_says_that_the_work_was_stopped()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        var (exitCode, text) = Tell(new OperationCanceledException(stop.Token), stop.Token);
        Assert.Equal(1, exitCode);
        Assert.StartsWith("romana: stopped before it was done.", text, StringComparison.Ordinal);
    }

    private static (int ExitCode, string Text) Tell(Exception fault, CancellationToken stop)
    {
        using var error = new StringWriter { NewLine = "\n" };
        var exitCode = FailureReport.Tell(fault, error, stop);
        return (exitCode, error.ToString());
    }

    private static InvalidOperationException Thrown(InvalidOperationException fault)
    {
        try
        {
            throw fault;
        }
        catch (InvalidOperationException caught)
        {
            return caught;
        }
    }
}
