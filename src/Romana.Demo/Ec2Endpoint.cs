using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Romana.Demo.Ec2;
using Romana.Demo.Wire;

namespace Romana.Demo;

/// <summary>
/// An EC2 endpoint on loopback for the unmodified AWS SDK: set its ServiceURL to <see cref="Url"/> and its
/// AuthenticationRegion to the scenario's Region; any credentials will do unless the behaviour names the known ones.
/// </summary>
public sealed class Ec2Endpoint : IAsyncDisposable
{
    private readonly WebApplication _web;

    private Ec2Endpoint(WebApplication web, SimulatedVpc vpc, Uri url) => (_web, Vpc, Url) = (web, vpc, url);

    public Uri Url { get; }

    public SimulatedVpc Vpc { get; }

    /// <param name="time">The account's clock; null = the machine's.</param>
    /// <param name="port">0 = any free one.</param>
    public static Task<Ec2Endpoint> StartAsync(
        VpcScenario scenario, TimeProvider? time = null, int port = 0, CancellationToken cancellation = default) =>
        StartAsync(scenario, time ?? TimeProvider.System, host => host.UseUrls($"http://127.0.0.1:{port}"), Listening, cancellation);

    /// <param name="listener">Listens already and stays its owner's: a socket keeps the network namespace in which it was made.</param>
    public static Task<Ec2Endpoint> StartAsync(VpcScenario scenario, Socket listener, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(listener);
        return StartAsync(scenario, TimeProvider.System, host => host.ConfigureKestrel(kestrel => kestrel.ListenHandle((ulong)listener.Handle)),
            _ => new Uri($"http://{listener.LocalEndPoint}"), cancellation);
    }

    private static async Task<Ec2Endpoint> StartAsync(
        VpcScenario scenario, TimeProvider time, Action<IWebHostBuilder> listen, Func<WebApplication, Uri> url, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        var vpc = new SimulatedVpc(scenario.Build(time.GetUtcNow()), time) { Behaviour = scenario.Behaviour };
        // The slim builder without arguments reads no configuration of the process that hosts it.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        listen(builder.WebHost);
        builder.Services.AddRoutingCore();
        var web = builder.Build();
        ControlPaths.Map(web, vpc);
        web.MapFallback(new Dispatch(vpc, time).AnswerAsync);
        await web.StartAsync(cancellation).ConfigureAwait(false);
        return new Ec2Endpoint(web, vpc, url(web));
    }

    private static Uri Listening(WebApplication web) =>
        new(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public ValueTask DisposeAsync() => _web.DisposeAsync();
}
