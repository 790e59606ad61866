using Romana.Node.Cni;
using Romana.Node.Linux.Netlink;

namespace Romana.Node.Linux.Wiring;

/// <summary>Between look and act the world changed: for a pod's link that is the end of the attempt.</summary>
internal static class Outcomes
{
    /// <exception cref="WiringException">It was refused.</exception>
    public static void OrThrow(this Outcome outcome)
    {
        if (outcome.Refusal is { } refusal) throw new WiringException(refusal.ToString());
    }
}
