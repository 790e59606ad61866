namespace Romana.Cloud.Control;

/// <summary>The engine cannot begin or go on, and trying again by itself would not help. Message: what, where, remedy.</summary>
public sealed class ControlRefusedException : Exception
{
    public ControlRefusedException() { }
    public ControlRefusedException(string message) : base(message) { }
    public ControlRefusedException(string message, Exception inner) : base(message, inner) { }

    /// <summary>The user's words are wrong, and nothing was begun.</summary>
    public bool IsBadInput { get; init; }
}
