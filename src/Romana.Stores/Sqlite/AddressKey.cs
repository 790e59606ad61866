using System.Globalization;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;

namespace Romana.Stores.Sqlite;

/// <summary>An address as a key whose order is address order: the form of <see cref="BlockKey"/>, read back too.</summary>
internal static class AddressKey
{
    public static string Of(IpAddress address) => BlockKey.Of(address);

    /// <exception cref="FormatException">Not such a key.</exception>
    public static IpAddress Parse(string key) => new(
        key[0] == '4' ? IpFamily.IPv4 : IpFamily.IPv6,
        UInt128.Parse(key.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
}
