using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Control;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Api;

/// <summary>What the API shows.</summary>
/// <param name="State">Of the controller in this process.</param>
/// <param name="Store">Over a connection of the API's own, so that a slow reader never stands in the controller's way.</param>
public sealed record ApiSources(ControllerState State, IStore Store, TimeProvider Clock);

/// <summary>The HTTP API of one controller process. Read only.</summary>
public sealed class ApiServer : IAsyncDisposable
{
    private static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(10);
    private readonly WebApplication _web;
    private readonly StateMetrics _metrics;

    private ApiServer(WebApplication web, StateMetrics metrics)
    {
        _web = web;
        _metrics = metrics;
        Url = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Where it really listens: port 0 is replaced by the one that the system chose.</summary>
    public Uri Url { get; }

    /// <summary>Listens when it returns. Throws <see cref="CommandFailure"/> if the address is taken.</summary>
    public static async Task<ApiServer> StartAsync(ApiSettings settings, ApiSources sources, ILoggerFactory logs, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(sources);
        // The empty builder reads neither files nor environment of the process: the command line says it all.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        builder.Services.AddRoutingCore();
        builder.Services.AddProblemDetails();
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.Clear().AddService("romana"))
            .WithMetrics(metrics => metrics.AddMeter("romana", "romana.*").AddPrometheusExporter());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, settings));
        if (settings.Certificate is not null) builder.WebHost.UseKestrelHttpsConfiguration();
        var web = builder.Build();
        web.UseExceptionHandler();
        web.UseStatusCodePages();
        web.UseMiddleware<ApiGuard>(settings);
        web.UseRouting();
        ApiRoutes.Map(web, sources);
        web.MapPrometheusScrapingEndpoint("/metrics").WithMetadata(new HttpMethodMetadata(ApiRoutes.Reads));
        var state = new StateMetrics(sources);
        try
        {
            await web.StartAsync(cancel);
        }
        catch (IOException fault) when (fault.GetBaseException() is AddressInUseException or SocketException)
        {
            state.Dispose();
            await web.DisposeAsync();
            throw CommandFailure.Failed($"--listen {settings.Listen} cannot be used: {fault.GetBaseException().Message}", "stop what listens there, or choose another with --listen", fault);
        }

        return new ApiServer(web, state);
    }

    public async ValueTask DisposeAsync()
    {
        _metrics.Dispose();
        await _web.DisposeAsync();
    }

    private static void Configure(KestrelServerOptions kestrel, ApiSettings settings)
    {
        kestrel.AddServerHeader = false;
        // Nothing is ever sent to us but questions.
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Limits.MaxRequestLineSize = 4 << 10;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 << 10;
        kestrel.Limits.MaxRequestHeaderCount = 50;
        kestrel.Limits.MaxConcurrentConnections = 200;
        kestrel.Limits.RequestHeadersTimeout = HeaderTimeout;
        kestrel.Listen(new IPEndPoint(settings.Listen.Address, settings.Listen.Port), listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (settings.Certificate is { } certificate) listen.UseHttps(certificate);
        });
    }
}
