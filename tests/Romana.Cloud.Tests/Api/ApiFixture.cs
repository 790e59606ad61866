using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Romana.Cloud.Api;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Control;
using Romana.Cloud.Tests.Commands;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Tests.Api;

/// <summary>The API on a real port of loopback, over the sample store.</summary>
internal sealed class ApiFixture : IAsyncDisposable
{
    private ApiFixture(ApiServer server, ControllerState state, HttpClient client) => (Server, State, Client) = (server, state, client);

    public ApiServer Server { get; }

    public ControllerState State { get; }

    public HttpClient Client { get; }

    public static async Task<ApiFixture> StartAsync(Func<ApiSettings, ApiSettings>? change = null, IStore? store = null)
    {
        var settings = new ApiSettings(ListenAddress.Parse("127.0.0.1:0"));
        var state = new ControllerState();
        store ??= await SampleState.StoreAsync();
        var sources = new ApiSources(state, store, new FakeTimeProvider(SampleState.Since));
        var server = await ApiServer.StartAsync(change?.Invoke(settings) ?? settings, sources, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
        var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        return new ApiFixture(server, state, new HttpClient(handler) { BaseAddress = server.Url });
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }
}
