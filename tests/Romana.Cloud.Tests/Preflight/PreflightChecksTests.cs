using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Health.Probing;
using Romana.Cloud.Planning;
using Romana.Cloud.Preflight;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Tests.Preflight;

/// <summary>Each test changes one fact of a VPC in which all is well, and names the one finding that must follow.</summary>
public sealed class PreflightChecksTests
{
    private static readonly RuleFacts AllTraffic = new("-1", null) { Cidrs = [Cidr.Parse("0.0.0.0/0")] };

    private static readonly PreflightFacts Good = new()
    {
        Cluster = "blue",
        Vpc = new InventoryVpc { Id = "vpc-1", Cidrs = [Cidr.Parse("10.0.0.0/16")] },
        PodNetworks = [new PodNetwork("pods", Cidr.Parse("10.244.0.0/16"), 3)],
        Tables = [Table("rtb-a", "blue", Permission.Allowed)],
        Interfaces = [new InterfaceFacts { Id = "eni-1", Host = "node-1", Subnet = "subnet-a1", SecurityGroups = ["sg-1"] }],
        SecurityGroups = [new SecurityGroupFacts("sg-1", [AllTraffic], [AllTraffic])],
        Acls = [new AclFacts("acl-1", ["subnet-a1"], [Allow(100, false), Allow(100, true)])],
        Peerings = [],
    };

    [Fact]
    public void A_good_VPC_has_nothing_but_OK() =>
        Assert.All(PreflightChecks.Run(Good), finding => Assert.Equal((FindingLevel.Ok, null), (finding.Level, finding.Remedy)));

    public static readonly TheoryData<string, FindingLevel, string, string> Cases = new()
    {
        { "probes off", FindingLevel.Warn, "probe", "hosts are not probed" },
        { "icmp let in", FindingLevel.Ok, "probe", "icmp in from 10.0.0.0/16" },
        { "icmp closed", FindingLevel.Warn, "probe", "never answer" },
        { "tcp let in", FindingLevel.Ok, "probe", "tcp:10250 in from 10.0.0.0/16" },
        { "tcp port closed", FindingLevel.Warn, "probe", "tcp:10250 in from 10.0.0.0/16 (1 interfaces) is not allowed" },
        { "tcp by group", FindingLevel.Warn, "probe", "by group" },
        { "no tables", FindingLevel.Fail, "tables", "no route table is managed" },
        { "tag of another cluster", FindingLevel.Fail, "tables", "romana.io/cluster=green" },
        { "table left out", FindingLevel.Warn, "tables", "not managed" },
        { "quota given", FindingLevel.Ok, "quota", "quota 500 (as given by --limit)" },
        { "quota applied", FindingLevel.Ok, "quota", "(in force, by Service Quotas)" },
        { "quota by default", FindingLevel.Ok, "quota", "(AWS's default, by Service Quotas)" },
        { "quota unread", FindingLevel.Warn, "quota", "was not read (AccessDeniedException), AWS's default 500 is assumed" },
        { "quota unread ", FindingLevel.Ok, "quota", "quota 500 (AWS's default, assumed)" },
        { "quota too small for covers", FindingLevel.Fail, "quota", "3 covers are wanted" },
        { "quota too small for hosts", FindingLevel.Warn, "quota", "3 covers fit" },
        { "denied, tagged", FindingLevel.Fail, "iam", "CreateRoute, DeleteRoute, ReplaceRoute denied" },
        { "untagged allowed", FindingLevel.Ok, "iam", "every table of the VPC is in force" },
        { "one tagged allowed, one untagged denied", FindingLevel.Ok, "iam", "by the table's tag is in force" },
        { "no hosts", FindingLevel.Warn, "hosts", "no hosts were found" },
        { "check on", FindingLevel.Ok, "source-dest-check", "may be switched off" },
        { "check on and denied", FindingLevel.Fail, "source-dest-check", "packets are dropped" },
        { "rule by group", FindingLevel.Fail, "security-group", "do not match pod addresses" },
        { "tcp only", FindingLevel.Warn, "security-group", "only tcp 443" },
        { "no way out", FindingLevel.Fail, "security-group", "nothing out to" },
        { "halves cover the whole", FindingLevel.Ok, "security-group", "all traffic in from" },
        { "half is not the whole", FindingLevel.Warn, "security-group", "10.244.0.0/17" },
        { "acl denies first", FindingLevel.Fail, "network-acl", "rule 50 denies" },
        { "acl has no rule", FindingLevel.Fail, "network-acl", "nothing in from" },
        { "acl denies a port", FindingLevel.Warn, "network-acl", "denies tcp 22" },
        { "acl denies after the allow", FindingLevel.Ok, "network-acl", "all traffic in from" },
        { "inside the VPC", FindingLevel.Fail, "overlap", "overlaps the VPC's own 10.0.0.0/16" },
        { "reserved", FindingLevel.Fail, "overlap", "169.254.168.0/22" },
        { "peering", FindingLevel.Fail, "overlap", "pcx-1" },
        { "two networks", FindingLevel.Fail, "overlap", "overlaps more" },
        { "no topology", FindingLevel.Warn, "overlap", "no topology is known" },
        { "foreign route inside", FindingLevel.Fail, "foreign-route", "10.244.7.0/24 -> nat-1" },
        { "stray route to a pod interface", FindingLevel.Warn, "foreign-route", "not in the ledger" },
        { "our own route", FindingLevel.Ok, "overlap", "nothing else uses" },
        { "unread", FindingLevel.Warn, "unread", "was not answered, so what it shows is not checked (UnauthorizedOperation)" },
        { "unread for another reason", FindingLevel.Warn, "unread", "timed out" },
        { "interfaces are counted", FindingLevel.Ok, "source-dest-check", "2 pod interfaces were read, the check is on at 1" },
        { "more hosts than are asked for", FindingLevel.Warn, "source-dest-check", "was asked for 1 interfaces, for 1 more it was not" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void One_wrong_fact_gives_the_finding_with_its_remedy(string name, FindingLevel level, string check, string text)
    {
        var findings = PreflightChecks.Run(Facts(name));
        var found = findings.FirstOrDefault(finding => finding.Check == check && finding.Level == level && finding.Message.Contains(text, StringComparison.Ordinal));
        Assert.True(found is not null, string.Join('\n', findings));
        Assert.Equal(level == FindingLevel.Ok, found.Remedy is null);
    }

    private static PreflightFacts Facts(string name) => name switch
    {
        "no tables" => Good with { Tables = [] },
        "tag of another cluster" => Good with { Tables = [Table("rtb-a", "green", Permission.Allowed)] },
        "table left out" => Good with { LeftOut = [new LeftOutFacts("rtb-b", ["subnet-b1"], "not tagged")] },
        "quota given" => Good,
        "quota applied" => Good with { Quota = new RouteQuota.Applied(500) },
        "quota by default" => Good with { Quota = new RouteQuota.Default(500) },
        "quota unread" or "quota unread " => Good with { Quota = new RouteQuota.Unread("AccessDeniedException: allow servicequotas:GetServiceQuota to this role") },
        "quota too small for covers" => WithTable(table => table with { Quota = new TableQuota(3, 3) }),
        "quota too small for hosts" => WithTable(table => table with { Quota = new TableQuota(4, 4) }),
        "denied, tagged" => Good with { Tables = [Table("rtb-a", "blue", Permission.Denied)] },
        "untagged allowed" => Good with { Tables = [Table("rtb-a", null, Permission.Allowed)] },
        "one tagged allowed, one untagged denied" =>
            Good with { Tables = [Table("rtb-a", "blue", Permission.Allowed), Table("rtb-b", null, Permission.Denied)] },
        "no hosts" => Good with { Interfaces = [] },
        "check on" => WithInterface(one => one with { SourceDestCheck = true }),
        "check on and denied" => WithInterface(one => one with { SourceDestCheck = true, MayModify = Permission.Denied }),
        "rule by group" => WithIngress(new RuleFacts("-1", null) { Others = ["sg-9"] }),
        "tcp only" => WithIngress(new RuleFacts("tcp", "443") { Cidrs = [Cidr.Parse("10.0.0.0/8")] }),
        "no way out" => Good with { SecurityGroups = [new SecurityGroupFacts("sg-1", [AllTraffic], [])] },
        "halves cover the whole" => WithIngress(new RuleFacts("-1", null) { Cidrs = [Cidr.Parse("10.244.0.0/17"), Cidr.Parse("10.244.128.0/17")] }),
        "half is not the whole" => WithIngress(new RuleFacts("-1", null) { Cidrs = [Cidr.Parse("10.244.0.0/17")] }),
        "probes off" => Good with { Probe = ProbeChoice.None },
        "icmp let in" => Probed(new ProbeChoice(ProbeKind.Icmp), new RuleFacts("icmp", null) { Cidrs = [Cidr.Parse("10.0.0.0/8")] }),
        "icmp closed" => Probed(new ProbeChoice(ProbeKind.Icmp), new RuleFacts("icmp", "3-4") { Cidrs = [Cidr.Parse("0.0.0.0/0")] }),
        "tcp let in" => Probed(new ProbeChoice(ProbeKind.Tcp, 10250), new RuleFacts("tcp", "10000-11000") { Cidrs = [Cidr.Parse("10.0.0.0/16")] }),
        "tcp port closed" => Probed(new ProbeChoice(ProbeKind.Tcp, 10250), new RuleFacts("tcp", "443") { Cidrs = [Cidr.Parse("10.0.0.0/16")] }),
        "tcp by group" => Probed(new ProbeChoice(ProbeKind.Tcp, 10250), new RuleFacts("tcp", "10250") { Others = ["sg-1"] }),
        "acl denies first" => WithAcl(new AclRule(50, false, false, "-1", null, Cidr.Parse("10.0.0.0/8")), Allow(100, false)),
        "acl has no rule" => WithAcl(),
        "acl denies a port" => WithAcl(new AclRule(50, false, false, "tcp", "22", Cidr.Parse("0.0.0.0/0")), Allow(100, false)),
        "acl denies after the allow" => WithAcl(Allow(100, false), new AclRule(32767, false, false, "-1", null, Cidr.Parse("0.0.0.0/0"))),
        "inside the VPC" => Good with { PodNetworks = [new PodNetwork("pods", Cidr.Parse("10.0.128.0/17"), 3)] },
        "reserved" => Good with { PodNetworks = [new PodNetwork("pods", Cidr.Parse("169.254.0.0/16"), 3)] },
        "peering" => Good with { Peerings = [new PeeringFacts("pcx-1", "vpc-2", [Cidr.Parse("10.244.64.0/18")])] },
        "two networks" => Good with { PodNetworks = [.. Good.PodNetworks!.Value, new PodNetwork("more", Cidr.Parse("10.244.0.0/17"), 1)] },
        "no topology" => Good with { PodNetworks = null },
        "foreign route inside" => WithRoute("10.244.7.0/24", "nat-1"),
        "stray route to a pod interface" => WithRoute("10.244.7.0/26", "eni-1"),
        "our own route" => WithRoute("10.244.7.0/26", "eni-1") with { Ledger = Ledger("10.244.7.0/26", "eni-1") },
        "unread" => Good with { Unread = ImmutableSortedDictionary<string, Unread>.Empty.Add("DescribeNetworkAcls", new("UnauthorizedOperation", true)) },
        "unread for another reason" => Good with { Unread = ImmutableSortedDictionary<string, Unread>.Empty.Add("DescribeNetworkAcls", new("timed out", false)) },
        "interfaces are counted" => WithSecond(one => one with { SourceDestCheck = true }),
        "more hosts than are asked for" => WithSecond(one => one with { MayModify = Permission.NotAsked }),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    private static TableFacts Table(string id, string? tag, Permission permission) => new(
        new InventoryTable { Id = id, Subnets = ["subnet-a1"], Routes = [new InventoryRoute { Destination = "10.0.0.0/16", Target = "local" }] },
        tag,
        new[] { "CreateRoute", "ReplaceRoute", "DeleteRoute" }.ToImmutableSortedDictionary(action => action, _ => permission));

    private static AclRule Allow(int number, bool egress) => new(number, egress, true, "-1", null, Cidr.Parse("0.0.0.0/0"));

    private static PreflightFacts WithTable(Func<InventoryTable, InventoryTable> change) =>
        Good with { Tables = [Good.Tables[0] with { Table = change(Good.Tables[0].Table) }] };

    private static PreflightFacts WithInterface(Func<InterfaceFacts, InterfaceFacts> change) =>
        Good with { Interfaces = [change(Good.Interfaces[0])] };

    private static PreflightFacts Probed(ProbeChoice probe, RuleFacts rule) => WithIngress(rule) with { Probe = probe };

    private static PreflightFacts WithSecond(Func<InterfaceFacts, InterfaceFacts> change) =>
        Good with { Interfaces = [Good.Interfaces[0], change(Good.Interfaces[0] with { Id = "eni-2", Host = "node-2" })] };

    private static PreflightFacts WithIngress(params RuleFacts[] rules) =>
        Good with { SecurityGroups = [new SecurityGroupFacts("sg-1", [.. rules], [AllTraffic])] };

    private static PreflightFacts WithAcl(params AclRule[] ingress) =>
        Good with { Acls = [new AclFacts("acl-1", ["subnet-a1"], [.. ingress, Allow(100, true)])] };

    private static PreflightFacts WithRoute(string destination, string target) => WithTable(table =>
        table with { Routes = table.Routes.Add(new InventoryRoute { Destination = destination, Target = target }) });

    private static ImmutableDictionary<string, ImmutableArray<LedgerEntry>> Ledger(string destination, string target) =>
        ImmutableDictionary<string, ImmutableArray<LedgerEntry>>.Empty.Add("rtb-a",
            [new LedgerEntry { Destination = Cidr.Parse(destination), From = target, To = target, Settled = true, Term = 1, At = default }]);
}
