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
            .. ProbeChecks.Run(facts),
            .. AclChecks.Run(facts),
            .. OverlapChecks.Run(facts),
            .. facts.Unread.Select(pair => Of(pair.Key, pair.Value)),
        ];
    }

    private static Finding Of(string action, Unread unread) => Finding.Warn("unread", action,
        $"was not answered, so what it shows is not checked ({unread.Why})",
        unread.Denied ? $"allow ec2:{action} to this role" : "run this again; an endpoint other than AWS's may not know this action");
}
