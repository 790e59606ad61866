using Romana.Demo.Ec2;

namespace Romana.Demo.Show;

/// <summary>Lets hosts join, fail, come back and leave, one event at a time; the same seed tells the same story.</summary>
internal sealed class HostLife(SimulatedVpc vpc, int seed, int firstNumber)
{
    private const int LeastRunning = 4;

    // Not for secrets: a story that can be told again wants a seed.
#pragma warning disable CA5394
    private readonly Random _random = new(seed);
    private int _next = firstNumber;

    /// <summary>Does the next thing and says it in one line.</summary>
    public string Next()
    {
        var hosts = vpc.State.Instances.Values.Where(one => one.Tags.ContainsKey("romana.io/cluster")).ToList();
        var running = hosts.Where(one => one.State == InstanceState.Running).ToList();
        var stopped = hosts.Where(one => one.State == InstanceState.Stopped).ToList();
        return (_random.Next(4), running.Count > LeastRunning, stopped.Count > 0) switch
        {
            (1, true, _) => Fail(running[_random.Next(running.Count)]),
            (2, _, true) => ComeBack(stopped[_random.Next(stopped.Count)]),
            (3, true, _) => Leave(running[_random.Next(running.Count)]),
            _ => Join(),
        };
    }

    private string Join()
    {
        var subnets = vpc.State.Subnets.Values.ToList();
        var subnet = subnets[_random.Next(subnets.Count)];
        var host = vpc.Launch(new Launch
        {
            SubnetId = subnet.Id,
            Name = VpcScenario.HostName(_next++),
            Tags = NoTags.Value.Add("romana.io/cluster", "default"),
        });
        return $"{host.Name} joins in subnet {subnet.Tags["Name"]}: it wants a block, and a route to it";
    }
#pragma warning restore CA5394

    private string Fail(Instance host)
    {
        vpc.Stop(host.Id);
        return $"{host.Name} fails: its instance stops, routes to it become blackholes";
    }

    private string ComeBack(Instance host)
    {
        vpc.Start(host.Id);
        return $"{host.Name} comes back with its old block";
    }

    private string Leave(Instance host)
    {
        vpc.Terminate(host.Id);
        return $"{host.Name} leaves: its instance is terminated, its routes have to go";
    }
}
