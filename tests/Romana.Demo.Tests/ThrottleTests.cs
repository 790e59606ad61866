using System.Net;
using Amazon.EC2;
using Amazon.EC2.Model;
using Romana.Demo.Ec2;

namespace Romana.Demo.Tests;

/// <summary>Token buckets: per action, on the account's own clock.</summary>
public sealed class ThrottleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("DescribeRouteTables", 100, 20)]
    [InlineData("DescribeInstances", 100, 20)]
    [InlineData("CreateRoute", 50, 5)]
    [InlineData("ReplaceRoute", 50, 5)]
    [InlineData("DeleteRoute", 50, 5)]
    [InlineData("ModifyInstanceAttribute", 50, 5)]
    [InlineData("ModifyNetworkInterfaceAttribute", 100, 5)]
    [InlineData("CreateTags", 100, 10)]
    public async Task A_bucket_holds_its_burst_and_refills_by_the_second(string action, int burst, int perSecond)
    {
        await using var test = await TestVpc.StartAsync();
        Assert.Equal(burst, await DrainAsync(test, action));
        test.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2 * perSecond, await DrainAsync(test, action));
        test.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(burst, await DrainAsync(test, action));
    }

    [Fact]
    public async Task Buckets_are_apart()
    {
        await using var test = await TestVpc.StartAsync();
        await DrainAsync(test, "CreateRoute");
        await test.SeeAsync();
        await test.Client.ModifyNetworkInterfaceAttributeAsync(
            new ModifyNetworkInterfaceAttributeRequest { NetworkInterfaceId = test.Eni, SourceDestCheck = false }, Cancel);
    }

    [Fact]
    public async Task Without_throttling_everything_is_answered()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { Behaviour = new Behaviour { Throttling = false } });
        for (var call = 0; call < 150; call++) Assert.Null(await CodeAsync(test, "DescribeRouteTables"));
    }

    /// <summary>Calls until RequestLimitExceeded; returns how many passed.</summary>
    private static async Task<int> DrainAsync(TestVpc test, string action)
    {
        for (var passed = 0; passed <= 200; passed++)
            if (await CodeAsync(test, action) == "RequestLimitExceeded")
                return passed;
        return int.MaxValue;
    }

    private static async Task<string?> CodeAsync(TestVpc test, string action)
    {
        try
        {
            await CallAsync(test, action);
            return null;
        }
        catch (AmazonEC2Exception error)
        {
            if (error.ErrorCode == "RequestLimitExceeded") Assert.Equal(HttpStatusCode.ServiceUnavailable, error.StatusCode);
            return error.ErrorCode;
        }
    }

    private static Task CallAsync(TestVpc test, string action) => action switch
    {
        "DescribeRouteTables" => test.Client.DescribeRouteTablesAsync(new DescribeRouteTablesRequest(), Cancel),
        "DescribeInstances" => test.Client.DescribeInstancesAsync(new DescribeInstancesRequest(), Cancel),
        "CreateRoute" => test.CreateAsync("10.244.0.0/26"),
        "ReplaceRoute" => test.Client.ReplaceRouteAsync(new ReplaceRouteRequest { RouteTableId = "rtb-1" }, Cancel),
        "DeleteRoute" => test.Client.DeleteRouteAsync(new DeleteRouteRequest { RouteTableId = "rtb-1" }, Cancel),
        "ModifyInstanceAttribute" => test.Client.ModifyInstanceAttributeAsync(
            new ModifyInstanceAttributeRequest { InstanceId = "i-1", SourceDestCheck = false }, Cancel),
        "ModifyNetworkInterfaceAttribute" => test.Client.ModifyNetworkInterfaceAttributeAsync(
            new ModifyNetworkInterfaceAttributeRequest { NetworkInterfaceId = test.Eni, SourceDestCheck = false }, Cancel),
        "CreateTags" => test.Client.CreateTagsAsync(
            new CreateTagsRequest { Resources = [test.Eni], Tags = [new Amazon.EC2.Model.Tag("a", "b")] }, Cancel),
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };
}
