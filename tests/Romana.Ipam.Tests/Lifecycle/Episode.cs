using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>
/// One life of a cluster. Each operation is a number, from which follows what is done, by whom and with what luck; so an
/// episode without one of its operations is an episode too. What befalls reads and writes follows from the seed.
/// </summary>
internal sealed class Episode : IDisposable
{
    private readonly Cluster _cluster;

    private Episode(int seed, Breach breach, Action<string>? tell) => _cluster = new Cluster(seed, breach, tell);

    private Onlooker Onlooker => _cluster.Onlooker;

    /// <summary>How many addresses were handed out.</summary>
    public static async Task<int> RunAsync(int seed, IEnumerable<uint> operations, Breach breach = Breach.None, Action<string>? tell = null)
    {
        using var episode = new Episode(seed, breach, tell);
        await episode._cluster.StartAsync();
        var attached = 0;
        foreach (var operation in operations)
        {
            try
            {
                if (await episode.StepAsync((int)(operation % 1000), new Random((int)(operation / 1000)))) attached++;
            }
            catch (Exception fault) when (fault is StoreUnavailableException or JournalUnavailableException or SimulatedCrashException)
            {
                // Refused, or the process died: whoever asked asks again later.
            }
        }

        if (seed % 4 == 0) await episode.SettleAsync();
        return attached;
    }

    public void Dispose() => _cluster.Dispose();

    private async Task<bool> StepAsync(int what, Random random)
    {
        var host = _cluster.Hosts[random.Next(_cluster.Hosts.Count)];
        _cluster.Tell?.Invoke($"{_cluster.Now:HH:mm:ss} {host.Uid}, operation {what}");
        switch (what)
        {
            case < 400: return await AttachAsync(host, random);
            case < 680: await DetachAsync(host, random); break;
            case < 800: await LookAsync(host, Steps(random)); break;
            case < 860: await _cluster.Leaders[random.Next(2)].Pass.StepAsync(Steps(random)); break;
            case < 900: _cluster.Now += TimeSpan.FromSeconds(random.Next(1, 90)); break;
            case < 908: await _cluster.ProposeAsync(random); break;
            case < 920: await KillAsync(host, random); break;
            case < 926: await RebootAsync(host, random, powerLoss: random.Next(2) == 0); break;
            case < 932: await JournalAsync(host, random); break;
            case < 938: await _cluster.DieAsync(host); break;
            case < 941: await _cluster.DeclareAsync(host); break;
            case < 955: await ZombieAsync(random); break;
            case < 962: await _cluster.RemoveAsync(); break;
            case < 968: await _cluster.CopyOrRestoreAsync(); break;
            case < 972: await _cluster.Leaders[random.Next(2)].Pass.StopAsync(); break;
            default: await LookAsync(host, 1000); break;
        }

        return false;
    }

    private static int Steps(Random random) => random.Next(10) < 6 ? 1000 : random.Next(1, 6);

    private async Task<bool> AttachAsync(SimulatedHost host, Random random)
    {
        var request = random.Next(10) switch
        {
            0 when host.Pods.Count > 0 => host.Pods.Values.ElementAt(random.Next(host.Pods.Count)).Request,
            1 when host.Unanswered.Count > 0 => host.Unanswered[random.Next(host.Unanswered.Count)],
            _ => new AddressRequest
            {
                Key = new AttachmentKey(_cluster.Name("pod"), "eth0"),
                Tenant = ((string[])["red", "green", "blue"])[random.Next(3)],
                Segment = ((string?[])[null, "s", "t"])[random.Next(3)],
                Families = random.Next(3) == 0 ? [IpFamily.IPv4, IpFamily.IPv6] : [IpFamily.IPv4],
            },
        };
        var (standing, isKnown) = (host.Pods.GetValueOrDefault(request.Key), host.Pods.ContainsKey(request.Key) || host.Unanswered.Contains(request));
        var outcome = await SurviveAsync(host, random, () => host.Attach(request));
        if (outcome is null) return false;
        Onlooker.Attached(host, request, standing, isKnown, outcome);
        return outcome is AddressOutcome.Attached;
    }

    private async Task DetachAsync(SimulatedHost host, Random random)
    {
        AddressRequest[] all = [.. host.Pods.Values.Select(pod => pod.Request), .. host.Unanswered, .. host.Leaving];
        if (all.Length == 0) return;
        var request = all[random.Next(all.Length)];
        await SurviveAsync(host, random, () =>
        {
            try
            {
                host.Detach(request);
                return true;
            }
            finally
            {
                if (!host.Pods.ContainsKey(request.Key)) Onlooker.Released(host, request.Key);
            }
        });
    }

    private async Task LookAsync(SimulatedHost host, int steps)
    {
        try
        {
            await host.Agent.StepAsync(steps);
        }
        catch (SimulatedCrashException)
        {
            await host.KillAsync(new Random(steps));
            Onlooker.Restarted(host, null);
        }

        Onlooker.Held();
    }

    private async Task<T> SurviveAsync<T>(SimulatedHost host, Random random, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SimulatedCrashException)
        {
            await host.KillAsync(random);
            Onlooker.Restarted(host, null);
            throw;
        }
    }

    private async Task KillAsync(SimulatedHost host, Random random)
    {
        var held = Lifecycle.Onlooker.Remembered(host);
        await host.KillAsync(random);
        Onlooker.Restarted(host, held);
    }

    private async Task RebootAsync(SimulatedHost host, Random random, bool powerLoss)
    {
        var held = Lifecycle.Onlooker.Remembered(host);
        Onlooker.Rebooted(host);
        await host.RebootAsync(random, powerLoss);
        Onlooker.Restarted(host, held);
    }

    private async Task JournalAsync(SimulatedHost host, Random random)
    {
        var image = random.Next(2) == 0;
        var restored = await host.RestoreJournalAsync(random, image);
        if (restored is null) host.CopyJournal();
        if (restored != true) return;
        Onlooker.Forgot(host);
        if (image) Onlooker.Rebooted(host);
        Onlooker.Restarted(host, null);
    }

    /// <summary>It goes on looking, handing out addresses and talking.</summary>
    private async Task ZombieAsync(Random random)
    {
        if (_cluster.Zombies.Count == 0) return;
        var zombie = _cluster.Zombies[random.Next(_cluster.Zombies.Count)];
        if (random.Next(3) == 0) await zombie.BabbleAsync(random);
        else await SurviveAsync(zombie, random, () => zombie.Attach(new AddressRequest { Key = new AttachmentKey(_cluster.Name("pod"), "eth0"), Tenant = "red" }));
        await zombie.Agent.StepAsync(Steps(random));
    }

    /// <summary>Without faults everything comes to rest; then every record must be of somebody.</summary>
    private async Task SettleAsync()
    {
        _cluster.Quieten();
        foreach (var leader in _cluster.Leaders) await leader.Pass.StopAsync();
        foreach (var host in _cluster.Hosts) await host.Agent.StopAsync();
        var (leading, content) = (_cluster.Leaders[0], 0);
        for (var round = 0; round < 80 && content < 3; round++)
        {
            await _cluster.RemoveAsync();
            await leading.Pass.StepAsync(1000);
            content = leading.IsContent ? content + 1 : 0;
            foreach (var host in _cluster.Hosts) await host.Agent.StepAsync(1000);
            Onlooker.Held();
            _cluster.Now += TimeSpan.FromSeconds(41);
        }

        Onlooker.Unless(content == 3, "I13", $"the leader finds no rest");
        await Onlooker.SettledAsync();
    }
}
