namespace Romana.Cloud.Commands.Frame;

/// <summary>
/// What a command sees of the world besides its options. Results go to <see cref="Out"/>, everything else (logs,
/// progress, warnings) to <see cref="Error"/>, so that `-o json` can be piped.
/// </summary>
public sealed record Surroundings
{
    public required TextWriter Out { get; init; }
    public required TextWriter Error { get; init; }
    public TextReader In { get; init; } = TextReader.Null;
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary><see cref="Out"/> is a terminal: tables get frames and colours.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary><see cref="Error"/> is a terminal: long work shows progress that redraws itself.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Somebody can answer a question.</summary>
    public bool CanAsk { get; init; }

    /// <summary>Opens the store in that file, which must exist. Throws <see cref="CommandFailure"/>.</summary>
    public Func<string, CancellationToken, ValueTask<OpenedStore>> OpenStore { get; init; } = OpenedStore.OfFileAsync;

    public static Surroundings OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        In = Console.In,
        OutIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        CanAsk = !Console.IsInputRedirected && !Console.IsErrorRedirected,
    };
}
