using Romana.Cloud.Aws;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Commands.Frame;

/// <summary>The one place that turns a fault into a message of one or two lines and an exit code.</summary>
public static class FailureReport
{
    /// <param name="stop">Tells a user's Ctrl-C from a cancellation that something else caused.</param>
    public static int Tell(Exception fault, TextWriter error, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(error);
        var (exitCode, message, remedy) = Explain(fault, stop);
        error.WriteLine($"romana: {Sentence(message)}");
        if (remedy.Length > 0) error.WriteLine($"  Remedy: {Sentence(remedy)}");
        return exitCode;
    }

    private static (int ExitCode, string Message, string Remedy) Explain(Exception fault, CancellationToken stop) => fault switch
    {
        CommandFailure failure => (failure.ExitCode, failure.Message, failure.Remedy),
        OperationCanceledException when stop.IsCancellationRequested =>
            (ExitCode.Failed, "stopped before it was done", "run the command again; what was done so far stands"),
        StoreUnavailableException or Ec2UnavailableException => (ExitCode.Failed, Parted(fault.Message).Wrong, Parted(fault.Message).Remedy),
        AggregateException { InnerExceptions: [var only] } => Explain(only, stop),
        UnauthorizedAccessException or IOException =>
            (ExitCode.Failed, fault.Message, "check the path, its permissions and the space left on its disk"),
        _ => (ExitCode.Failed, $"an unexpected fault: {fault.Message} ({fault.GetType().Name} in {fault.TargetSite?.DeclaringType?.Name}.{fault.TargetSite?.Name})",
            "this is a defect of Romana; please report it with the command line and this message"),
    };

    /// <summary>Messages of the store, of EC2 and of the engine end with ": remedy".</summary>
    public static (string Wrong, string Remedy) Parted(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var cut = message.LastIndexOf(": ", StringComparison.Ordinal);
        return cut < 0 ? (message, "") : (message[..cut], message[(cut + 2)..]);
    }

    private static string Sentence(string text)
    {
        var line = string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return line.Length == 0 || line[^1] is '.' or '!' or '?' or ')' ? line : line + ".";
    }
}
