using CsCheck;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Tests.Addressing;

/// <summary>Random addresses and CIDRs of both families; half of the bits often equal, so that blocks meet.</summary>
internal static class Addresses
{
    public static readonly Gen<IpAddress> V4 = Gen.OneOf(Gen.UInt, Gen.UInt[0, 255]).Select(bits => new IpAddress(IpFamily.IPv4, bits));

    public static readonly Gen<IpAddress> V6 = Gen.OneOf(Gen.ULong, Gen.Const(0UL), Gen.Const(ulong.MaxValue))
        .SelectMany(high => Gen.OneOf(Gen.ULong, Gen.ULong[0, 255]).Select(low => new IpAddress(IpFamily.IPv6, new UInt128(high, low))));

    public static readonly Gen<IpAddress> Any = Gen.OneOf(V4, V6);

    public static readonly Gen<Cidr> Cidrs = Any.SelectMany(address =>
        Gen.OneOf(Gen.Int[0, address.Family.Width()], Gen.Const(0), Gen.Const(address.Family.Width())).Select(length => Cidr.Around(address, length)));
}
