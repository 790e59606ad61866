using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;

namespace Romana.Cloud.Discovery;

/// <summary>One host of an inventory file.</summary>
/// <param name="Ip">Any address of the interface that routes shall point at, secondary ones included.</param>
public sealed record ListedMachine(string Name, IpAddress Ip, ImmutableSortedDictionary<string, string> Labels);

/// <summary>
/// Hosts are those of a file; the interface of each is the one in the VPC that carries its address. Once found it is
/// read by its id, 1,000 a call, with its instance's state; and while the file stays the same and nothing is amiss, only
/// every ten minutes: which hosts there are is the file's word, and of an interface that is gone or stopped the route
/// tables tell first.
/// </summary>
/// <param name="clock">Null: every look asks EC2.</param>
public sealed class InventoryFileSource(
    Ec2Reader reader, string vpc, Func<ImmutableArray<ListedMachine>> machines, TimeProvider? clock = null) : IHostSource
{
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(10);
    private (ImmutableArray<ListedMachine> Listed, SeenHosts Seen, long At)? _calm;
    private Dictionary<IpAddress, string> _known = [];

    public async Task<SeenHosts> ReadAsync(CancellationToken cancel)
    {
        var listed = Listed(machines);
        if (_calm is { } calm && clock!.GetElapsedTime(calm.At) < Rest && listed.SequenceEqual(calm.Listed, SameMachine.Rule)) return calm.Seen;
        var interfaces = await InterfacesAsync([.. listed.Select(machine => machine.Ip).Distinct()], cancel).ConfigureAwait(false);
        var byAddress = new Dictionary<IpAddress, SeenInterface>();
        foreach (var one in interfaces)
            foreach (var address in one.Addresses) byAddress[address] = one;
        _known = byAddress.Where(pair => listed.Any(machine => machine.Ip == pair.Key)).ToDictionary(pair => pair.Key, pair => pair.Value.Id);
        var seen = Read(listed, byAddress, await StatesAsync(interfaces, cancel).ConfigureAwait(false));
        _calm = clock is not null && IsCalm(seen) ? (listed, Aged(seen), clock.GetTimestamp()) : null;
        return seen;
    }

    public void Forget() => _calm = null;

    /// <summary>Nothing that another look would have to confirm: no host is missing or down, every check is off.</summary>
    private static bool IsCalm(SeenHosts seen) => seen.Problems.IsEmpty && seen.Hosts.All(host => host is { CheckOn: false, Health: HostHealth.Up });

    /// <summary>Told again later it is no look at the instances: a table that calls one a blackhole knows better.</summary>
    private static SeenHosts Aged(SeenHosts seen) => seen with { Hosts = [.. seen.Hosts.Select(host => host with { InstanceSeen = false })] };

    /// <summary>By instance; without the permission, or while one of them is gone, only the interfaces tell.</summary>
    private async Task<Dictionary<string, string>> StatesAsync(ImmutableArray<SeenInterface> interfaces, CancellationToken cancel)
    {
        try
        {
            var ids = interfaces.Select(one => one.InstanceId).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
            var instances = await reader.InstancesAsync(ids, cancel).ConfigureAwait(false) ?? [];
            return instances.ToDictionary(one => one.Id, one => one.State, StringComparer.Ordinal);
        }
        catch (Ec2UnavailableException refused) when (refused.Unauthorized)
        {
            return [];
        }
    }

    /// <summary>The file's hosts; a file that is missing or broken says nothing of any host.</summary>
    /// <exception cref="HostsUnreadableException"/>
    public static ImmutableArray<ListedMachine> Listed(Func<ImmutableArray<ListedMachine>> read)
    {
        try
        {
            return read();
        }
        catch (FormatException error)
        {
            throw new HostsUnreadableException($"{error.Message}: until then no host is added and none is given up", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HostsUnreadableException($"the inventory file cannot be read: {error.Message}: put it back; until then no host is added and none is given up", error);
        }
    }

    private SeenHosts Read(ImmutableArray<ListedMachine> listed, Dictionary<IpAddress, SeenInterface> byAddress, Dictionary<string, string> states)
    {
        var hosts = new SortedDictionary<string, SeenHost>(StringComparer.Ordinal);
        var problems = ImmutableArray.CreateBuilder<string>();
        var takenBy = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var machine in listed)
        {
            if (!byAddress.TryGetValue(machine.Ip, out var found))
                problems.Add($"host {machine.Name}: no interface of {vpc} has the address {machine.Ip}: correct the inventory file or --vpc");
            else if (!takenBy.TryAdd(found.Id, machine.Name))
                problems.Add($"host {machine.Name}: its address {machine.Ip} is on {found.Id}, which is {takenBy[found.Id]}'s: list each machine once");
            else hosts[machine.Name] = Host(machine, found, states.GetValueOrDefault(found.InstanceId ?? ""));
        }

        return new SeenHosts { Hosts = [.. hosts.Values], Problems = problems.ToImmutable() };
    }

    private async Task<ImmutableArray<SeenInterface>> InterfacesAsync(IReadOnlyCollection<IpAddress> addresses, CancellationToken cancel)
    {
        if (addresses.All(_known.ContainsKey))
        {
            var ids = addresses.Select(address => _known[address]).Distinct(StringComparer.Ordinal).ToList();
            var found = await reader.InterfacesAsync(ids, cancel).ConfigureAwait(false);

            // An address may have moved to another interface since.
            if (found is { } all && addresses.All(all.SelectMany(one => one.Addresses).ToHashSet().Contains)) return all;
        }

        return await reader.InterfacesWithAsync(vpc, addresses, cancel).ConfigureAwait(false);
    }

    private static SeenHost Host(ListedMachine machine, SeenInterface found, string? state) => new()
    {
        Sighting = new HostSighting
        {
            Name = machine.Name,
            Evidence = new HostEvidence { InstanceId = found.InstanceId, MachineId = found.InstanceId is null ? found.Id : null },
            Addresses = found.Addresses.Contains(machine.Ip) ? found.Addresses : [machine.Ip, .. found.Addresses],
            Labels = HostLabels.Placed(machine.Labels, found.Zone, found.Subnet),
            Zone = found.Zone,
            PodInterface = new PodInterface { Id = found.Id, Address = found.Addresses[0], Link = found.Subnet, Mac = found.Mac },
        },
        InstanceSeen = state is not null,
        Health = found.InstanceId is null ? HostHealth.Down : state is null ? HostHealth.Up : Ec2HostSource.Health(state),
        CheckOn = found.SourceDestCheck,
    };

    private sealed class SameMachine : IEqualityComparer<ListedMachine>
    {
        public static readonly SameMachine Rule = new();

        public bool Equals(ListedMachine? left, ListedMachine? right) =>
            left is not null && right is not null && left.Name == right.Name && left.Ip == right.Ip && left.Labels.SequenceEqual(right.Labels);

        public int GetHashCode(ListedMachine machine) => machine.Name.GetHashCode(StringComparison.Ordinal);
    }
}
