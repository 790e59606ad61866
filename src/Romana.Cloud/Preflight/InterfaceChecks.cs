namespace Romana.Cloud.Preflight;

/// <summary>Hosts, their pod interfaces, and the source/destination check on each.</summary>
internal static class InterfaceChecks
{
    public static IEnumerable<Finding> Run(PreflightFacts facts)
    {
        if (facts.Interfaces.IsEmpty)
        {
            yield return Finding.Warn("hosts", facts.Cluster, "no hosts were found",
                $"tag the instances romana.io/cluster={facts.Cluster}, or give --inventory FILE");
        }

        foreach (var problem in facts.HostProblems)
        {
            var cut = problem.IndexOf(": ", StringComparison.Ordinal);
            yield return Finding.Fail("hosts", "", cut < 0 ? problem : problem[..cut], cut < 0 ? "correct the host" : problem[(cut + 2)..]);
        }

        if (!facts.Interfaces.IsEmpty)
        {
            var (read, on) = (facts.Interfaces.Length, facts.Interfaces.Count(one => one.SourceDestCheck));
            yield return Finding.Ok("source-dest-check", facts.Cluster, $"{read} pod interfaces were read, the check is on at {on}");
        }

        foreach (var one in facts.Interfaces) yield return Of(one);
        if (facts.Interfaces.Count(one => one.MayModify == Permission.NotAsked) is > 0 and var unasked)
        {
            yield return Finding.Warn("source-dest-check", facts.Cluster,
                $"whether the check may be switched off was asked for {facts.Interfaces.Length - unasked} interfaces, for {unasked} more it was not",
                "the policy is by tag or by VPC: see that the others carry the same tags, or ask part by part with --inventory FILE");
        }
    }

    private static Finding Of(InterfaceFacts one) => (one.SourceDestCheck, one.MayModify) switch
    {
        (true, Permission.Denied) => Finding.Fail("source-dest-check", one.Id,
            $"on at {one.Host}, and ModifyNetworkInterfaceAttribute is denied: pods' packets are dropped",
            "allow ec2:ModifyNetworkInterfaceAttribute on it (tag romana.io/cluster or condition ec2:Vpc), or switch the check off by hand"),
        (true, Permission.Allowed) => Finding.Ok("source-dest-check", one.Id, $"on at {one.Host}; may be switched off, and the controller does"),
        (true, Permission.NotAsked) => Finding.Ok("source-dest-check", one.Id, $"on at {one.Host}; whether it may be switched off was not asked"),
        (true, _) => Finding.Warn("source-dest-check", one.Id,
            $"on at {one.Host}, and it is not clear whether it may be switched off", "run this again; see iam"),
        (false, Permission.Denied) => Finding.Warn("source-dest-check", one.Id,
            $"off at {one.Host}; ModifyNetworkInterfaceAttribute is denied, so it could not be switched off again",
            "allow ec2:ModifyNetworkInterfaceAttribute on it"),
        _ => Finding.Ok("source-dest-check", one.Id, $"off at {one.Host}"),
    };
}
