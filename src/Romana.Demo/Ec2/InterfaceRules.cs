using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Ec2;

/// <summary>A network interface to make.</summary>
public sealed record NewInterface(string SubnetId)
{
    /// <summary>Primary private address; null = the subnet's next one.</summary>
    public IpAddress? Address { get; init; }

    public int Secondaries { get; init; }
    public bool SourceDestCheck { get; init; } = true;
    public string Description { get; init; } = "";
}

/// <summary>What becomes of network interfaces and tags, as pure functions.</summary>
public static class InterfaceRules
{
    /// <summary>Addresses of a subnet that EC2 keeps: the first four and the last.</summary>
    private const int KeptAtStart = 4;

    /// <summary>An interface that is attached to nothing yet. Made: its id.</summary>
    public static Outcome Create(AccountState state, NewInterface wanted)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(wanted);
        if (!state.Subnets.TryGetValue(wanted.SubnetId, out var subnet))
            return Refuse(Ec2Error.NotFound("InvalidSubnetID.NotFound", "subnet", wanted.SubnetId));
        if (wanted.Address is { } asked && AddressRefusal(state, subnet, asked) is { } refusal) return Refuse(refusal);
        var addresses = ImmutableArray.CreateBuilder<IpAddress>();
        if (wanted.Address is { } fixedAddress)
        {
            addresses.Add(fixedAddress);
            subnet = subnet with { AskedFor = subnet.AskedFor.Add(fixedAddress) };
        }

        while (addresses.Count < 1 + wanted.Secondaries)
        {
            if (NextAddress(state, ref subnet) is not { } next)
                return Refuse(new Ec2Error(
                    "InsufficientFreeAddressesInSubnet", $"There are not enough free addresses in subnet '{subnet.Id}'."));
            addresses.Add(next);
        }

        state = state.With(subnet).Mint("eni", out var id);
        var address = addresses[0];
        return new Outcome.Done(
            state.With(new NetworkInterface
            {
                Id = id,
                VpcId = subnet.VpcId,
                SubnetId = subnet.Id,
                Zone = subnet.Zone,
                Address = address,
                Secondaries = [.. addresses.Skip(1)],
                SourceDestCheck = wanted.SourceDestCheck,
                Mac = MacOf(address),
                Description = wanted.Description,
                Ipv6Addresses = Ipv6Of(subnet, address),
                Groups = DefaultGroup(state, subnet.VpcId),
            }),
            id);
    }

    public static Outcome SetSourceDestCheck(AccountState state, string id, bool on)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Interfaces.TryGetValue(id, out var eni)
            ? new Outcome.Done(state.With(eni with { SourceDestCheck = on }))
            : Refuse(Ec2Error.NoInterface(id));
    }

    private static Ec2Error? AddressRefusal(AccountState state, Subnet subnet, IpAddress asked)
    {
        if (!subnet.Cidr.Contains(asked)) return Ec2Error.BadValue($"Address {asked} does not fall within the subnet's address range");
        return state.InterfaceWith(asked) is null ? null : new Ec2Error("InvalidIPAddress.InUse", $"Address {asked} is in use.");
    }

    /// <summary>Counts up and never goes back, so that an address is not used twice unless somebody asks for it.</summary>
    private static IpAddress? NextAddress(AccountState state, ref Subnet subnet)
    {
        var size = (int)UInt128.Min(subnet.Cidr.Count, int.MaxValue);
        for (var offset = Math.Max(subnet.NextOffset, KeptAtStart); offset < size - 1; offset++)
        {
            var address = subnet.Cidr.First.Plus((UInt128)offset);
            if (subnet.AskedFor.Contains(address)) continue;
            subnet = subnet with { NextOffset = offset + 1 };
            return address;
        }

        return null;
    }

    private static ImmutableArray<IpAddress> Ipv6Of(Subnet subnet, IpAddress address) =>
        subnet.Ipv6Cidr is { } cidr ? [cidr.First.Plus(address.Bits - subnet.Cidr.First.Bits)] : [];

    private static ImmutableArray<string> DefaultGroup(AccountState state, string vpcId) =>
        state.SecurityGroups.Values.FirstOrDefault(group => group.VpcId == vpcId) is { } group ? [group.Id] : [];

    private static string MacOf(IpAddress address)
    {
        var bits = (uint)address.Bits;
        return $"02:00:{bits >> 24:x2}:{bits >> 16 & 255:x2}:{bits >> 8 & 255:x2}:{bits & 255:x2}";
    }

    private static Outcome.Refused Refuse(Ec2Error error) => new(error);
}
