namespace Romana.Cloud.Commands.Frame;

/// <summary>What the process answers to its caller.</summary>
public static class ExitCode
{
    public const int Done = 0;

    /// <summary>The work was understood and could not be done, or was done in part.</summary>
    public const int Failed = 1;

    /// <summary>Wrong options, arguments, files or documents; nothing was begun.</summary>
    public const int BadInput = 2;

    /// <summary>`romana plan`: there is something to apply.</summary>
    public const int ChangesPending = 3;
}
