using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Amazon;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;

namespace Romana.Cloud.Aws;

/// <summary>
/// Asks Service Quotas (JSON 1.1, version 2019-06-24) for the one quota that Romana lives by. Credentials and region are
/// those of the EC2 client; an endpoint of the user's own is asked as well. Never throws but when cancelled: a quota that
/// cannot be read is assumed.
/// </summary>
public sealed class ServiceQuotas(
    Uri endpoint, string region, Func<CancellationToken, Task<ImmutableCredentials>> credentials, TimeProvider clock, CallMetrics? metrics = null) : IDisposable
{
    public const string QuotaCode = "L-93826ACB";

    /// <summary>Of a route table, whatever the quota (VPC User Guide, "Amazon VPC quotas").</summary>
    private const int Most = 1000;

    private const string Remedy = "allow servicequotas:GetServiceQuota to this role, or say the applied value with --limit";
    private static readonly byte[] Body = Encoding.UTF8.GetBytes($$"""{"ServiceCode":"vpc","QuotaCode":"{{QuotaCode}}"}""");

    /// <summary>A subnet without a way to the service leaves connections hanging, and routes wait for the answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = Patience, AllowAutoRedirect = false }) { MaxResponseContentBufferSize = 1 << 20 };

    /// <summary>Beside that EC2 client: the same region, the same endpoint if it is not AWS's own, the SDK's own credentials.</summary>
    public static ServiceQuotas Beside(IAmazonEC2 ec2, TimeProvider clock, CallMetrics? metrics)
    {
        ArgumentNullException.ThrowIfNull(ec2);
        var region = ec2.Config.RegionEndpoint?.SystemName ?? ec2.Config.AuthenticationRegion ?? "us-east-1";
        var endpoint = ec2.Config.ServiceURL is { Length: > 0 } own ? new Uri(own)
            : new Uri($"https://servicequotas.{region}.{RegionEndpoint.GetBySystemName(region).PartitionDnsSuffix}");
        return new ServiceQuotas(endpoint, region, async cancel =>
        {
            var found = await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync().WaitAsync(cancel).ConfigureAwait(false);
            return await found.GetCredentialsAsync().WaitAsync(cancel).ConfigureAwait(false);
        }, clock, metrics);
    }

    public async Task<RouteQuota> ReadAsync(CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            var (routes, code) = await AskAsync("GetServiceQuota", either.Token).ConfigureAwait(false);
            if (routes is { } applied) return new RouteQuota.Applied(applied);
            if (code != "NoSuchResourceException") return new RouteQuota.Unread($"{code}: {Remedy}");
            (routes, code) = await AskAsync("GetAWSDefaultServiceQuota", either.Token).ConfigureAwait(false);
            return routes is { } usual ? new RouteQuota.Default(usual) : new RouteQuota.Unread($"{code}: {Remedy}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new RouteQuota.Unread($"{endpoint.Host} did not answer in {Patience.TotalSeconds} s: give this machine a way to it (an interface endpoint of the VPC), or say the applied value with --limit");
        }
#pragma warning disable CA1031 // Whatever keeps us from reading it is one and the same to the caller: it is assumed.
        catch (Exception fault) when (fault is not OperationCanceledException)
#pragma warning restore CA1031
        {
            return new RouteQuota.Unread($"{fault.GetBaseException().Message}: give this machine a way to {endpoint.Host}, or say the applied value with --limit");
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The value, or why there is none.</summary>
    private async Task<(int? Routes, string? Code)> AskAsync(string action, CancellationToken cancel)
    {
        using var request = Signed(action, await credentials(cancel).ConfigureAwait(false));
        using var reply = await _http.SendAsync(request, cancel).ConfigureAwait(false);
        var text = await reply.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
        metrics?.Sent(new Ec2Action(action, 1, 1, false), reply.IsSuccessStatusCode ? OutcomeKind.Done : OutcomeKind.Refused);
        return Read(text, reply.IsSuccessStatusCode, (int)reply.StatusCode);
    }

    internal static (int? Routes, string? Code) Read(string text, bool isSuccess, int status)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            if (!isSuccess) return (null, Code(document.RootElement) ?? $"HTTP {status}");
            var quota = document.RootElement.GetProperty("Quota");

            // A quota that Service Quotas itself could not find out has a reason in place of a value.
            return quota.TryGetProperty("Value", out var value) && value.TryGetDouble(out var routes) && routes is >= 1 and <= Most
                ? ((int)routes, null) : (null, "the answer has no usable value");
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return (null, $"an answer that is none of Service Quotas (HTTP {status})");
        }
    }

    /// <summary>"com.amazonaws.servicequotas#AccessDeniedException", with or without what stands before the '#'.</summary>
    private static string? Code(JsonElement error) =>
        error.TryGetProperty("__type", out var type) && type.GetString() is { Length: > 0 } name ? name[(name.IndexOf('#', StringComparison.Ordinal) + 1)..] : null;

    private HttpRequestMessage Signed(string action, ImmutableCredentials who)
    {
        var scope = new RequestSignature.Scope(region, "servicequotas", clock.GetUtcNow());
        var headers = ImmutableSortedDictionary<string, string>.Empty
            .Add("content-type", "application/x-amz-json-1.1").Add("host", endpoint.Authority)
            .Add("x-amz-date", scope.Time).Add("x-amz-target", $"ServiceQuotasV20190624.{action}");
        if (!string.IsNullOrEmpty(who.Token)) headers = headers.Add("x-amz-security-token", who.Token);
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint, "/")) { Content = new ByteArrayContent(Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(headers["content-type"]);
        foreach (var (name, value) in headers.Where(header => header.Key is not ("content-type" or "host"))) request.Headers.TryAddWithoutValidation(name, value);
        request.Headers.TryAddWithoutValidation("Authorization", RequestSignature.Authorization(who.AccessKey, who.SecretKey, scope, headers, Body));
        return request;
    }
}
