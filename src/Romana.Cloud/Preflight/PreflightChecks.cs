using System.Collections.Immutable;

namespace Romana.Cloud.Preflight;

/// <summary>Facts in, findings out; the order is that in which one sets a VPC up.</summary>
public static class PreflightChecks
{
    public static ImmutableArray<Finding> Run(PreflightFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return
        [
            .. TableChecks.Run(facts),
            .. QuotaChecks.Run(facts),
            .. PermissionChecks.Run(facts),
            .. InterfaceChecks.Run(facts),
            .. SecurityGroupChecks.Run(facts),
            .. AclChecks.Run(facts),
            .. OverlapChecks.Run(facts),
            .. facts.Unread.Select(pair => Finding.Warn("unread", pair.Key, $"could not be read: {pair.Value}", $"allow ec2:{pair.Key} to this role to have it checked")),
        ];
    }
}
