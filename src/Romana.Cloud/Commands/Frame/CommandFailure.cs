namespace Romana.Cloud.Commands.Frame;

/// <summary>
/// Ends a command with one message for its user. Message: what is wrong, with place and value; remedy: what to do.
/// Made by <see cref="BadInput"/> or <see cref="Failed"/>, which choose the exit code.
/// </summary>
#pragma warning disable CA1032, CA1710 // It has no use without a remedy, so the usual constructors are left out; and it names an outcome.
public sealed class CommandFailure : Exception
#pragma warning restore CA1032, CA1710
{
    private CommandFailure(int exitCode, string message, string remedy, Exception? inner)
        : base(message, inner)
    {
        ExitCode = exitCode;
        Remedy = remedy;
    }

    public int ExitCode { get; }

    public string Remedy { get; }

    /// <summary>Exit code 2: the user's words, files or documents are wrong, and nothing was begun.</summary>
    public static CommandFailure BadInput(string message, string remedy, Exception? inner = null) =>
        new(Frame.ExitCode.BadInput, message, remedy, inner);

    /// <summary>Exit code 1: the world did not let us.</summary>
    public static CommandFailure Failed(string message, string remedy, Exception? inner = null) =>
        new(Frame.ExitCode.Failed, message, remedy, inner);
}
