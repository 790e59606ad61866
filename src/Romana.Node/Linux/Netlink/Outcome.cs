namespace Romana.Node.Linux.Netlink;

internal enum OutcomeKind
{
    /// <summary>It was not there and is now.</summary>
    Created,

    /// <summary>Something with its key was there; it may differ in what is not key. Nothing was changed.</summary>
    Exists,

    /// <summary>It is as asked; the kernel does not tell whether it was before.</summary>
    Set,

    Removed,

    /// <summary>There was nothing to remove.</summary>
    Absent,

    /// <summary>The world is not as the request took it to be: an interface went, is down, or reaches no gateway. Look again.</summary>
    Refused,
}

/// <summary>What came of one request. Anything the caller could not have been expected to meet is a <see cref="NetlinkException"/>.</summary>
/// <param name="Refusal">With <see cref="OutcomeKind.Refused"/>, else null.</param>
internal readonly record struct Outcome(OutcomeKind Kind, KernelError? Refusal = null)
{
    public bool IsRefused => Kind == OutcomeKind.Refused;

    public override string ToString() => Refusal?.ToString() ?? Kind.ToString();
}
