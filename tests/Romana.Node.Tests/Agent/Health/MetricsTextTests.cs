using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using Romana.Node.Agent.Health;
using Romana.Node.Cni;

namespace Romana.Node.Tests.Agent.Health;

/// <summary>Instruments as Prometheus reads them.</summary>
public sealed class MetricsTextTests
{
    [Fact]
    public void Counters_gauges_and_histograms_are_written_by_the_format()
    {
        using var meter = new Meter("test");
        using var text = new MetricsText(meter);
        using var other = new Meter("test");
        var counter = meter.CreateCounter<long>("t.made", null, "made");
        other.CreateCounter<long>("t.other").Add(1);
        counter.Add(2, new KeyValuePair<string, object?>("what", "a \"b\""));
        counter.Add(3, new KeyValuePair<string, object?>("what", "a \"b\""));
        var held = new List<(string, long)> { ("x", 1), ("y", 2) };
        meter.CreateObservableGauge("t.held", () => held.Select(item => new Measurement<long>(item.Item2, new KeyValuePair<string, object?>("of", item.Item1))));
        var took = meter.CreateHistogram<double>("t.took", "s");
        foreach (var seconds in new[] { 0.0004, 0.02, 99 }) took.Record(seconds);

        var read = text.Read();
        Assert.Contains("# HELP t_made_total made\n# TYPE t_made_total counter\nt_made_total{what=\"a \\\"b\\\"\"} 5\n", read, StringComparison.Ordinal);
        Assert.Contains("# TYPE t_held gauge\nt_held{of=\"x\"} 1\nt_held{of=\"y\"} 2\n", read, StringComparison.Ordinal);
        Assert.Contains("t_took_seconds_bucket{le=\"0.001\"} 1\n", read, StringComparison.Ordinal);
        Assert.Contains("t_took_seconds_bucket{le=\"0.025\"} 2\n", read, StringComparison.Ordinal);
        Assert.Contains("t_took_seconds_bucket{le=\"+Inf\"} 3\nt_took_seconds_sum 99.0204\nt_took_seconds_count 3\n", read, StringComparison.Ordinal);
        Assert.DoesNotContain("other", read, StringComparison.Ordinal);

        held.RemoveAt(0);
        Assert.DoesNotContain("t_held{of=\"x\"}", text.Read(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_refusals_and_looks_are_counted_by_the_clock()
    {
        var clock = new FakeTimeProvider();
        using var metrics = new AgentMetrics(clock);
        using var text = new MetricsText(metrics.Meter);
        var ended = metrics.Begun(CniCommand.Add);
        clock.Advance(TimeSpan.FromMilliseconds(40));
        ended(0);
        metrics.Begun(CniCommand.Add)(11);
        metrics.Mended(3);
        Assert.DoesNotContain("\nromana_node_store_age_seconds ", text.Read(), StringComparison.Ordinal);
        await metrics.LookAsync(() => Task.CompletedTask);
        await Assert.ThrowsAsync<IOException>(() => metrics.LookAsync(() => throw new IOException()));
        clock.Advance(TimeSpan.FromSeconds(7));

        var read = text.Read();
        Assert.Contains("romana_node_request_duration_seconds_bucket{command=\"ADD\",le=\"0.05\"} 2\n", read, StringComparison.Ordinal);
        Assert.Contains("romana_node_request_duration_seconds_sum{command=\"ADD\"} 0.04\n", read, StringComparison.Ordinal);
        Assert.Contains("romana_node_refusals_total{command=\"ADD\",code=\"11\"} 1\n", read, StringComparison.Ordinal);
        Assert.Contains("romana_node_links_mended_total 3\n", read, StringComparison.Ordinal);
        Assert.Contains("romana_node_store_passes_total{outcome=\"away\"} 1\nromana_node_store_passes_total{outcome=\"done\"} 1\n", read, StringComparison.Ordinal);
        Assert.Contains("romana_node_store_age_seconds 7\n", read, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_pages_say_health_readiness_and_metrics_and_nothing_else_is_served()
    {
        using var metrics = new AgentMetrics(TimeProvider.System);
        using var text = new MetricsText(metrics.Meter);
        string? why = "no block yet";
        var stop = TestContext.Current.CancellationToken;

        // Port 0: any that is free; a listener of our own says which.
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var at = (IPEndPoint)probe.LocalEndpoint;
        await Assert.ThrowsAsync<IOException>(() => HealthServer.StartAsync(at, () => why, text, stop));
        probe.Stop();
        await using var server = await HealthServer.StartAsync(at, () => why, text, stop);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{at}") };
        Assert.Equal("ok\n", await client.GetStringAsync(new Uri("/healthz", UriKind.Relative), stop));
        using var waiting = await client.GetAsync(new Uri("/readyz", UriKind.Relative), stop);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "no block yet\n"), (waiting.StatusCode, await waiting.Content.ReadAsStringAsync(stop)));
        why = null;
        Assert.Equal("ready\n", await client.GetStringAsync(new Uri("/readyz", UriKind.Relative), stop));
        Assert.Contains("# TYPE romana_node_store_passes_total counter\n", await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), stop), StringComparison.Ordinal);
        using var content = new StringContent("{}");
        foreach (var page in new[] { "/cni", "/gc", "/status", "/attachments" })
        {
            using var refused = await client.PostAsync(new Uri(page, UriKind.Relative), content, stop);
            Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        }
    }
}
