using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Romana.Cloud.Api;
using Romana.Cloud.Commands.Frame;

namespace Romana.Cloud.Tests.Api;

// Meters are the process', so two servers at once would count into each other's metrics.
/// <summary>Who is let in, and which doors are not opened at all.</summary>
[Collection("one API per process")]
public sealed class ApiDoorTests : IDisposable
{
    private const string Token = "0123456789abcdef-token";
    private readonly string _folder = Directory.CreateTempSubdirectory("romana-api-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(null, 401)]
    [InlineData("Bearer 0123456789abcdef-tokem", 401)]
    [InlineData("Bearer ", 401)]
    [InlineData("Basic 0123456789abcdef-token", 401)]
    [InlineData("Bearer 0123456789abcdef-token", 200)]
    public async Task With_a_token_only_its_holder_is_answered(string? header, int status)
    {
        await using var api = await ApiFixture.StartAsync(settings => settings with { Token = Token });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/hosts");
        if (header is not null) request.Headers.TryAddWithoutValidation("Authorization", header);
        using var reply = await api.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)reply.StatusCode);
    }

    [Fact]
    public async Task With_a_certificate_it_serves_TLS()
    {
        var (certificate, key) = Pair();
        var settings = Read("--listen", "127.0.0.1:0", "--api-cert", certificate, "--api-key", key);
        await using var api = await ApiFixture.StartAsync(_ => settings);
        Assert.Equal("https", api.Server.Url.Scheme);
        using var reply = await api.Client.GetAsync(new Uri("/healthz", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
    }

    [Fact]
    public async Task A_taken_port_is_one_clear_failure()
    {
        await using var first = await ApiFixture.StartAsync();
        var failure = await Assert.ThrowsAsync<CommandFailure>(() =>
            ApiFixture.StartAsync(settings => settings with { Listen = ListenAddress.Parse($"127.0.0.1:{first.Server.Url.Port}") }));
        Assert.Equal(1, failure.ExitCode);
        Assert.Contains($"--listen 127.0.0.1:{first.Server.Url.Port}", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0:9604")]
    [InlineData("[::]:9604")]
    [InlineData("10.0.0.5:9604")]
    public void An_open_door_is_refused(string listen)
    {
        var failure = Assert.Throws<CommandFailure>(() => Read("--listen", listen));
        Assert.Equal(2, failure.ExitCode);
        Assert.Contains("--api-token-file", failure.Remedy, StringComparison.Ordinal);
        Assert.NotNull(Read("--listen", listen, "--api-token-file", File("token", Token)).Token);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("9604")]
    [InlineData("::1:9604")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("somewhere:9604")]
    [InlineData("")]
    public void An_address_that_is_none_is_refused(string listen) =>
        Assert.Equal(2, Assert.Throws<CommandFailure>(() => ListenAddress.Parse(listen)).ExitCode);

    [Theory]
    [InlineData("127.0.0.1:0", true)]
    [InlineData("localhost:80", true)]
    [InlineData("[::1]:9604", true)]
    [InlineData("192.0.2.1:9604", false)]
    public void Loopback_is_known(string listen, bool loopback) => Assert.Equal(loopback, ListenAddress.Parse(listen).IsLoopback);

    [Fact]
    public void A_file_that_holds_no_token_or_no_pair_is_refused()
    {
        Assert.Equal(2, Assert.Throws<CommandFailure>(() => Read("--api-token-file", File("short", "abc"))).ExitCode);
        Assert.Equal(2, Assert.Throws<CommandFailure>(() => Read("--api-cert", File("cert", "not PEM"), "--api-key", File("key", "no"))).ExitCode);
        Assert.Equal(2, Assert.Throws<CommandFailure>(() => Read("--api-cert", File("cert", "not PEM"))).ExitCode);
    }

    private static ApiSettings Read(params string[] args)
    {
        var command = new RootCommand();
        ApiSettings.AddTo(command);
        return ApiSettings.Read(command.Parse(args), new Surroundings { Out = TextWriter.Null, Error = TextWriter.Null });
    }

    private string File(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    private (string Certificate, string Key) Pair()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return (File("cert.pem", certificate.ExportCertificatePem()), File("key.pem", key.ExportPkcs8PrivateKeyPem()));
    }
}
