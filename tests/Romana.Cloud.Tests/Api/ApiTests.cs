using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Romana.Cloud.Api;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Cloud.Planning;
using Romana.Cloud.Tests.Commands;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Tests.Api;

// Meters are the process', so two servers at once would count into each other's metrics.
[Collection("one API per process")]
public sealed class ApiTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/hosts", "hosts")]
    [InlineData("/v1/blocks", "blocks --free")]
    [InlineData("/v1/routes", "routes show")]
    [InlineData("/v1/events", "events")]
    [InlineData("/v1/events?since=2h", "events --since 2h")]
    public async Task A_path_and_its_command_give_the_same_JSON(string path, string command)
    {
        var store = await SampleState.StoreAsync();
        await using var api = await ApiFixture.StartAsync(store: store);
        var run = await ProgramRun.Of(store, [.. command.Split(' '), "-o", "json"], new FakeTimeProvider(SampleState.Since));
        var body = await api.Client.GetStringAsync(new Uri(path, UriKind.Relative), Cancel);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(run.Out), JsonNode.Parse(body)), body);
    }

    [Fact]
    public async Task Ready_only_when_the_term_is_held_and_every_loop_made_a_pass()
    {
        await using var api = await ApiFixture.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(api, "/healthz")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await GetAsync(api, "/readyz")).StatusCode);

        var pass = new PassReport("hosts", SampleState.Since, TimeSpan.FromSeconds(2), "done", null, 3, true);
        api.State.Update(now => now with
        {
            Leading = true,
            Term = 7,
            Passes = ImmutableSortedDictionary<string, PassReport>.Empty.Add("hosts", pass).Add("routes", pass with { Loop = "routes" }),
        });
        var ready = await GetAsync(api, "/readyz");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Contains("\"term\": 7", await ready.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_plan_is_there_once_there_is_one()
    {
        await using var api = await ApiFixture.StartAsync();
        await ProblemAsync(api, "/v1/plan", 503, "No plan yet");
        api.State.Update(now => now with { Plan = Plan() });
        var plan = JsonNode.Parse(await api.Client.GetStringAsync(new Uri("/v1/plan", UriKind.Relative), Cancel))!;
        Assert.Equal("ipv4", (string?)plan["tables"]![0]!["family"]);
        Assert.Equal("create", (string?)plan["changes"]![0]!["op"]);
    }

    [Fact]
    public async Task The_topology_is_there_once_there_is_one()
    {
        await using var api = await ApiFixture.StartAsync();
        var topology = JsonNode.Parse(await api.Client.GetStringAsync(new Uri("/v1/topology", UriKind.Relative), Cancel))!;
        Assert.Equal("zone-a", (string?)topology["groups"]![0]!["name"]);
        await using var empty = await ApiFixture.StartAsync(store: new InMemoryStore());
        await ProblemAsync(empty, "/v1/topology", 404, "No topology");
    }

    /// <summary>Load balancers and monitors ask so.</summary>
    [Fact]
    public async Task HEAD_answers_as_GET_does_without_the_body()
    {
        await using var api = await ApiFixture.StartAsync();
        api.State.Update(now => now with { Plan = Plan() });
        foreach (var path in OpenApiText.Paths.Select(path => path.Path).Append("/v2/none"))
        {
            using var get = await GetAsync(api, path);
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            using var head = await api.Client.SendAsync(request, Cancel);
            Assert.Equal((path, get.StatusCode, get.Content.Headers.ContentType?.MediaType), (path, head.StatusCode, head.Content.Headers.ContentType?.MediaType));
            Assert.Empty(await head.Content.ReadAsByteArrayAsync(Cancel));
        }
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/metrics")]
    public async Task Nothing_but_GET_and_HEAD_is_answered(string path)
    {
        await using var api = await ApiFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Delete, path);
        using var reply = await api.Client.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, reply.StatusCode);
        Assert.Contains("HEAD", reply.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("/v2/hosts")]
    [InlineData("/")]
    public async Task An_unknown_path_is_a_problem_document(string path)
    {
        await using var api = await ApiFixture.StartAsync();
        await ProblemAsync(api, path, 404, "Not Found");
    }

    [Fact]
    public async Task Nothing_is_taken_in()
    {
        await using var api = await ApiFixture.StartAsync();
        using var body = new StringContent("{}");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await api.Client.PostAsync(new Uri("/v1/hosts", UriKind.Relative), body, Cancel)).StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/hosts");
        request.Headers.Add("X-Long", new string('a', 20_000));
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, (await api.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_said_so()
    {
        var store = new FaultInjectingStore(new InMemoryStore(), new FaultPlan(1, new Dictionary<StoreFault, double> { [StoreFault.Unavailable] = 1 }));
        await using var api = await ApiFixture.StartAsync(store: store);
        await ProblemAsync(api, "/v1/hosts", 503, "The store does not answer");
    }

    [Fact]
    public async Task Metrics_show_the_plan_and_the_calls()
    {
        await using var api = await ApiFixture.StartAsync();
        api.State.Update(now => now with { Leading = true, Plan = Plan() });
        var text = await api.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel);
        Assert.Contains("romana_routes_quota", text, StringComparison.Ordinal);
        Assert.Matches("""romana_changes_pending\S* 1\b""", text);
    }

    [Fact]
    public async Task Metrics_count_EC2_calls_by_action_and_outcome()
    {
        await using var api = await ApiFixture.StartAsync();
        using var calls = new CallMetrics();
        calls.Sent(Ec2Action.CreateRoute, OutcomeKind.Done);
        calls.Sent(Ec2Action.CreateRoute, OutcomeKind.Done);
        calls.Sent(Ec2Action.CreateRoute, OutcomeKind.Throttled);
        calls.Sent(Ec2Action.DescribeRouteTables, OutcomeKind.Unauthorized);
        var lines = (await api.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancel)).Split('\n');
        Assert.Contains("# TYPE romana_ec2_calls_total counter", lines);
        Assert.Contains("# HELP romana_ec2_calls_total EC2 requests sent, by action and outcome", lines);
        Assert.Equal(["CreateRoute ok 2", "CreateRoute throttled 1", "DescribeRouteTables unauthorized 1"], lines
            .Select(line => Regex.Match(line, """^romana_ec2_calls_total\{.*action="(\w+)",.*outcome="(\w+)".*\} (\d+)"""))
            .Where(match => match.Success).Select(match => $"{match.Groups[1]} {match.Groups[2]} {match.Groups[3]}").Order());
    }

    [Fact]
    public async Task A_span_that_is_none_is_a_problem_document()
    {
        await using var api = await ApiFixture.StartAsync();
        await ProblemAsync(api, "/v1/events?since=yesterday", 400, "Bad request");
    }

    [Fact]
    public async Task What_is_asked_of_a_path_is_in_the_OpenAPI_document()
    {
        await using var api = await ApiFixture.StartAsync();
        var document = JsonNode.Parse(await api.Client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Cancel))!;
        Assert.Equal("since", (string?)document["paths"]!["/v1/events"]!["get"]!["parameters"]![0]!["name"]);
    }

    [Fact]
    public async Task A_page_that_calls_itself_loopback_is_turned_away()
    {
        await using var api = await ApiFixture.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/hosts");
        request.Headers.Host = "evil.example";
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await api.Client.SendAsync(request, Cancel)).StatusCode);
    }

    [Fact]
    public async Task The_OpenAPI_document_has_every_path_and_field_that_is_served()
    {
        await using var api = await ApiFixture.StartAsync();
        api.State.Update(now => now with { Plan = Plan() });
        var document = JsonNode.Parse(await api.Client.GetStringAsync(new Uri("/openapi/v1.json", UriKind.Relative), Cancel))!;
        foreach (var path in OpenApiText.Paths)
        {
            Assert.NotEqual(HttpStatusCode.NotFound, (await GetAsync(api, path.Path)).StatusCode);
            if (path.Body is null || path.Body == typeof(JsonObject)) continue;
            var body = JsonNode.Parse(await (await GetAsync(api, path.Path)).Content.ReadAsStringAsync(Cancel))!.AsObject();
            var known = document["components"]!["schemas"]![path.Body.Name]!["properties"]!.AsObject();
            Assert.Empty(body.Select(member => member.Key).Except(known.Select(member => member.Key)));
        }

        Assert.Equal(OpenApiText.Paths.Select(path => path.Path).Order(), document["paths"]!.AsObject().Select(path => path.Key).Order());
        Assert.Equal("cidr", (string?)document["components"]!["schemas"]!["BlockListView"]!["properties"]!["blocks"]!["items"]!["properties"]!["cidr"]!["format"]);
    }

    private static Task<HttpResponseMessage> GetAsync(ApiFixture api, string path) => api.Client.GetAsync(new Uri(path, UriKind.Relative), Cancel);

    private static async Task ProblemAsync(ApiFixture api, string path, int status, string title)
    {
        using var reply = await GetAsync(api, path);
        Assert.Equal((status, "application/problem+json"), ((int)reply.StatusCode, reply.Content.Headers.ContentType?.MediaType));
        using var problem = JsonDocument.Parse(await reply.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(title, problem.RootElement.GetProperty("title").GetString());
    }

    private static RoutePlan Plan() => new()
    {
        Tables =
        [
            new TablePlan
            {
                Id = "rtb-a", Family = IpFamily.IPv4, Quota = 500, Foreign = 2, Used = 3, Complete = true, Missing = 0,
                ExtraHopShare = 0, LocalExtraHopShare = 0,
                Routes = [new PlannedRoute(Cidr.Parse("10.244.0.0/26"), "eni-1", "node-1", PlannedRouteKind.Host, "block of node-1")],
            },
        ],
        Changes = [new RouteChange { Table = "rtb-a", Op = RouteOp.Create, Destination = Cidr.Parse("10.244.0.0/26"), Target = "eni-1" }],
        Calls = new PlannedCalls(1, 0, 0),
    };
}
