namespace Romana.Node.Linux.Netlink;

/// <summary>How the kernel finds its place in a list again, from one datagram to the next.</summary>
internal enum GoesOn
{
    /// <summary>By how many objects it has passed: one of them removed meanwhile makes it pass over another.</summary>
    ByCount,

    /// <summary>By the number of the last one: what stood is there, whatever went.</summary>
    ByKey,
}
