namespace Romana.Ipam.Replay;

/// <summary>Why an operation changed nothing. Code: the error codes of the behaviour vectors.</summary>
public sealed record Refusal(string Code, string Message)
{
    /// <summary>The one message whose words are fixed: callers of the old system compare it.</summary>
    public static readonly Refusal NoAvailableIp = new("no_available_ip", "No available IP.");
}
