namespace Romana.Node.Commands;

/// <summary>What a command sees of the world besides its options. Results go to <see cref="Out"/>, everything else to <see cref="Error"/>.</summary>
internal sealed record NodeSurroundings(TextWriter Out, TextWriter Error, TimeProvider Clock);

/// <summary>What the process answers to its caller; the numbers are those of `romana`.</summary>
internal static class ExitCode
{
    public const int Done = 0, Failed = 1, BadInput = 2;
}
