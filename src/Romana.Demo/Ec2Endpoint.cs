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

    private Ec2Endpoint(WebApplication web, SimulatedVpc vpc)
    {
        _web = web;
        Vpc = vpc;
        Url = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public Uri Url { get; }

    public SimulatedVpc Vpc { get; }

    /// <param name="time">The account's clock; null = the machine's.</param>
    /// <param name="port">0 = any free one.</param>
    public static async Task<Ec2Endpoint> StartAsync(
        VpcScenario scenario, TimeProvider? time = null, int port = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        time ??= TimeProvider.System;
        var vpc = new SimulatedVpc(scenario.Build(time.GetUtcNow()), time) { Behaviour = scenario.Behaviour };
        // The slim builder without arguments reads no configuration of the process that hosts it.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddRoutingCore();
        var web = builder.Build();
        ControlPaths.Map(web, vpc);
        web.MapFallback(new Dispatch(vpc, time).AnswerAsync);
        await web.StartAsync(cancellation).ConfigureAwait(false);
        return new Ec2Endpoint(web, vpc);
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();
}
