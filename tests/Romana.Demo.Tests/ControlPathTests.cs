using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Amazon.EC2;

namespace Romana.Demo.Tests;

/// <summary>/_demo/...: faults and instances by HTTP.</summary>
public sealed class ControlPathTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fault_by_http_strikes()
    {
        await using var test = await TestVpc.StartAsync();
        using var http = new HttpClient { BaseAddress = test.Endpoint.Url };
        using var posted = await http.PostAsync("/_demo/faults", Json("""
            {"kind": "error", "action": "CreateRoute", "code": "RequestLimitExceeded", "status": 503, "times": 1}
            """), Cancel);
        Assert.Equal(HttpStatusCode.OK, posted.StatusCode);
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => test.CreateAsync("10.244.0.0/26"));
        Assert.Equal("RequestLimitExceeded", error.ErrorCode);
        await test.CreateAsync("10.244.0.0/26");
        var calls = await http.GetFromJsonAsync<JsonArray>("/_demo/calls", Cancel);
        Assert.Equal(["RequestLimitExceeded", "ok"], calls!.Select(call => (string?)call!["outcome"]));
        var tables = await http.GetFromJsonAsync<JsonArray>("/_demo/tables", Cancel);
        Assert.Contains(tables!.SelectMany(table => table!["routes"]!.AsArray()), route => (string?)route!["destination"] == "10.244.0.0/26");
    }

    [Fact]
    public async Task Instances_join_and_leave_by_http()
    {
        await using var test = await TestVpc.StartAsync();
        using var http = new HttpClient { BaseAddress = test.Endpoint.Url };
        var subnet = test.State.Subnets.Keys.First();
        using var added = await http.PostAsync("/_demo/instances", Json($$$"""{"subnetId": "{{{subnet}}}", "name": "late"}"""), Cancel);
        Assert.True(added.IsSuccessStatusCode, await added.Content.ReadAsStringAsync(Cancel));
        foreach (var (act, state) in (List<(string, string)>)[("stop", "stopped"), ("start", "running"), ("terminate", "terminated")])
            Assert.Equal(state, await ActAsync(http, act));
    }

    [Theory]
    [InlineData("/_demo/faults", """{"action": "CreateRoute"}""")]
    [InlineData("/_demo/faults", """{"kind": "error", "colour": "red"}""")]
    [InlineData("/_demo/faults", "{")]
    [InlineData("/_demo/instances", """{"subnetId": "subnet-0dead000"}""")]
    [InlineData("/_demo/instances/host-1/dance", "{}")]
    [InlineData("/_demo/instances/host-99/stop", "{}")]
    public async Task What_cannot_be_done_is_told(string path, string body)
    {
        await using var test = await TestVpc.StartAsync();
        using var http = new HttpClient { BaseAddress = test.Endpoint.Url };
        using var response = await http.PostAsync(path, Json(body), Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonObject>(Cancel);
        Assert.NotEmpty((string?)answer!["error"] ?? "");
    }

    private static async Task<string?> ActAsync(HttpClient http, string act)
    {
        using var response = await http.PostAsync($"/_demo/instances/late/{act}", null, Cancel);
        return (string?)(await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!["state"];
    }

    private static StringContent Json(string text) => new(text, null, "application/json");
}
