using System.Collections.Immutable;
using System.Globalization;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Views;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Commands.State;

/// <summary>Waits until the controller has led everything past a host that is being drained, and says how it goes.</summary>
internal sealed class DrainWait(Surroundings around, IStore store, TimeSpan limit)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <exception cref="CommandFailure">Routes still lead through it when the time is over.</exception>
    public async Task<DrainView> RunAsync(HostSpec host, CancellationToken cancel)
    {
        var began = around.Clock.GetTimestamp();
        var first = await LedAsync(host, cancel);
        var left = first;
        Say(first.Length == 0 ? $"{host.Name} leads nothing for other hosts." : $"{host.Name} leads {Routes(first.Length)} for other hosts; waiting for the controller to move them.");
        while (left.Length > 0)
        {
            if (around.Clock.GetElapsedTime(began) >= limit)
                throw CommandFailure.Failed($"{Routes(left.Length)} still lead through {host.Name} after {limit.TotalSeconds:0} s: {Few(left)}",
                    "it stays marked: see that the controller runs (/readyz) and that another host of its subnet is up, then ask again; or end the drain with --undo");
            await Task.Delay(Look, around.Clock, cancel);
            var now = await LedAsync(host, cancel);
            if (now.Length != left.Length) Progress(host, first.Length, now.Length);
            left = now;
        }

        EndProgress();
        return new DrainView(host.Name, [.. first.Select(one => new MovedRoute(one.Table, one.Destination))], around.Clock.GetElapsedTime(began).TotalSeconds);
    }

    private bool _drawn;

    private void Progress(HostSpec host, int all, int left)
    {
        if (!around.ErrorIsTerminal)
        {
            Say($"{host.Name}: {(all - left).ToString(CultureInfo.InvariantCulture)} of {Routes(all)} moved");
            return;
        }

        const int Width = 30;
        var done = all == 0 ? Width : Math.Clamp(Width * (all - left) / all, 0, Width);
        around.Error.Write($"\r{host.Name} [{new string('#', done)}{new string('.', Width - done)}] {all - left}/{all} ");
        around.Error.Flush();
        _drawn = true;
    }

    private void EndProgress()
    {
        if (_drawn) around.Error.WriteLine();
    }

    private void Say(string line) => around.Error.WriteLine(line);

    private async Task<ImmutableArray<(string Table, Cidr Destination)>> LedAsync(HostSpec host, CancellationToken cancel) =>
        LeadView.Of(await StoreReading.OfAsync(store, cancel), host);

    private static string Routes(int count) => $"{count.ToString(CultureInfo.InvariantCulture)} route{(count == 1 ? "" : "s")}";

    private static string Few(ImmutableArray<(string Table, Cidr Destination)> routes) =>
        string.Join(", ", routes.Take(3).Select(one => $"{one.Destination} in {one.Table}")) + (routes.Length > 3 ? ", ..." : "");
}

/// <summary>What a drain moved.</summary>
/// <param name="Moved">Routes that led through the host when it was asked for.</param>
internal sealed record DrainView(string Host, ImmutableArray<MovedRoute> Moved, double Seconds);

internal sealed record MovedRoute(string Table, Cidr Destination);
