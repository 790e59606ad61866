namespace Romana.Cloud.Aws;

/// <summary>
/// An EC2 API action and its token bucket: EC2 throttles per action, account and Region
/// (EC2 Developer Guide, "Request throttling for the Amazon EC2 API").
/// </summary>
/// <param name="Burst">Requests that may go at once.</param>
/// <param name="PerSecond">Requests per second after that.</param>
public sealed record Ec2Action(string Name, double Burst, double PerSecond, bool Mutates)
{
    public static readonly Ec2Action DescribeVpcs = Describe("DescribeVpcs");
    public static readonly Ec2Action DescribeSubnets = Describe("DescribeSubnets");
    public static readonly Ec2Action DescribeRouteTables = Describe("DescribeRouteTables");
    public static readonly Ec2Action DescribeInstances = Describe("DescribeInstances");
    public static readonly Ec2Action DescribeNetworkInterfaces = Describe("DescribeNetworkInterfaces");
    public static readonly Ec2Action DescribeManagedPrefixLists = Describe("DescribeManagedPrefixLists");
    public static readonly Ec2Action DescribeInstanceStatus = Describe("DescribeInstanceStatus");
    public static readonly Ec2Action DescribeSpotInstanceRequests = Describe("DescribeSpotInstanceRequests");
    public static readonly Ec2Action CreateRoute = new("CreateRoute", 50, 5, true);
    public static readonly Ec2Action ReplaceRoute = new("ReplaceRoute", 50, 5, true);
    public static readonly Ec2Action DeleteRoute = new("DeleteRoute", 50, 5, true);
    public static readonly Ec2Action ModifyNetworkInterfaceAttribute = new("ModifyNetworkInterfaceAttribute", 100, 5, true);

    private static Ec2Action Describe(string name) => new(name, 100, 20, false);
}

/// <summary>Who goes first when calls wait for tokens.</summary>
public enum CallPriority
{
    Failover,
    Create,
    Delete,
    Check,
}
