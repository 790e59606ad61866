using System.Net;
using Amazon.EC2;
using Amazon.EC2.Model;
using Romana.Demo.Ec2;

namespace Romana.Demo.Tests;

/// <summary>Credentials, permissions, dry runs, and requests that are no requests.</summary>
public sealed class AccessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("AKIADEMO", null)]
    [InlineData("AKIAOTHER", "AuthFailure")]
    public async Task Unknown_credentials_are_refused(string key, string? code)
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { Behaviour = new Behaviour { AccessKeys = ["AKIADEMO"] } });
        using var client = test.NewClient(key);
        var error = await Record.ExceptionAsync(() => client.DescribeVpcsAsync(new DescribeVpcsRequest(), Cancel));
        Assert.Equal(code, (error as AmazonEC2Exception)?.ErrorCode);
        if (code is not null) Assert.Equal(HttpStatusCode.Unauthorized, ((AmazonEC2Exception)error!).StatusCode);
    }

    /// <summary>What is denied (action at resource; "TABLE" is the first zone's), and what a dry run on that table then says.</summary>
    [Theory]
    [InlineData("", "", "DryRunOperation")]
    [InlineData("CreateRoute", "*", "UnauthorizedOperation")]
    [InlineData("Create*", "TABLE", "UnauthorizedOperation")]
    [InlineData("*", "*", "UnauthorizedOperation")]
    [InlineData("CreateRoute", "rtb-other", "DryRunOperation")]
    [InlineData("DeleteRoute", "*", "DryRunOperation")]
    public async Task A_dry_run_tells_the_permission_and_does_nothing(string action, string resource, string code)
    {
        await using var test = await TestVpc.StartAsync();
        if (action.Length > 0)
            test.Vpc.Behaviour = test.Vpc.Behaviour with { Denied = [new Denial(action, resource == "TABLE" ? test.Table.Id : resource)] };
        var before = test.State;
        var request = test.NewRoute("10.244.0.0/26");
        request.DryRun = true;
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => test.Client.CreateRouteAsync(request, Cancel));
        Assert.Equal(code, error.ErrorCode);
        Assert.Equal(code == "DryRunOperation" ? HttpStatusCode.PreconditionFailed : HttpStatusCode.Forbidden, error.StatusCode);
        Assert.Same(before, test.State);
        Assert.False(Assert.Single(test.Vpc.Calls).Mutates);
    }

    [Theory]
    [InlineData("rtb-0dead000", null, "InvalidRouteTableID.NotFound")]
    [InlineData(null, "eni-0dead000", "InvalidNetworkInterfaceID.NotFound")]
    public async Task A_dry_run_on_what_is_not_there_says_so(string? table, string? eni, string code)
    {
        await using var test = await TestVpc.StartAsync();
        var request = test.NewRoute("10.244.0.0/26", eni, table);
        request.DryRun = true;
        Assert.Equal(code, (await Assert.ThrowsAsync<AmazonEC2Exception>(() => test.Client.CreateRouteAsync(request, Cancel))).ErrorCode);
    }

    [Theory]
    [InlineData("Action=Dance&Version=2016-11-15", 400, "InvalidAction")]
    [InlineData("Version=2016-11-15", 400, "MissingAction")]
    [InlineData("Action=DescribeVpcs&Version=1999-01-01", 400, "NoSuchVersion")]
    [InlineData("Action=CreateRoute&Version=2016-11-15", 400, "MissingParameter")]
    public async Task A_broken_request_gets_an_error_document(string form, int status, string code)
    {
        await using var test = await TestVpc.StartAsync();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, test.Endpoint.Url)
        {
            Content = new StringContent(form, null, "application/x-www-form-urlencoded"),
        };
        request.Headers.TryAddWithoutValidation("Authorization", "AWS4-HMAC-SHA256 Credential=AKIADEMO/20260101/us-west-2/ec2/aws4_request");
        using var response = await http.SendAsync(request, Cancel);
        var body = await response.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains($"<Response><Errors><Error><Code>{code}</Code><Message>", body, StringComparison.Ordinal);
        Assert.Contains("<RequestID>", body, StringComparison.Ordinal);
    }
}
