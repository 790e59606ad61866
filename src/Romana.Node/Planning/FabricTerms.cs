using Romana.Ipam.Addressing;

namespace Romana.Node.Planning;

/// <summary>Numbers and names in the kernel that are ours; nothing else is ever looked at as ours.</summary>
internal static class FabricTerms
{
    /// <summary>Rules: what came by the fabric for the link's groups; metadata refused; pods' way out on hosts with several uplinks.</summary>
    public const uint GuardPriority = 500, MetadataPriority = 530, EgressPriority = 540;

    public const uint TransitTable = 880, EgressTable = 881;

    /// <summary>Every pod's interface on the host begins so.</summary>
    public const string PodPrefix = "rom";

    public const string NftTable = "romana";

    public const string ForwardChain = "ROMANA-FORWARD";

    /// <summary>The instance metadata service of EC2.</summary>
    public static readonly IpAddress Metadata4 = IpAddress.Parse("169.254.169.254"), Metadata6 = IpAddress.Parse("fd00:ec2::254");

    public static bool IsPriority(uint priority) => priority is GuardPriority or MetadataPriority or EgressPriority;

    public static bool IsPodInterface(string name) => name.StartsWith(PodPrefix, StringComparison.Ordinal);

    public static IpAddress Metadata(IpFamily family) => family == IpFamily.IPv4 ? Metadata4 : Metadata6;
}
