using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Serialization;

namespace Romana.Ipam.Addressing;

/// <summary>
/// One address of either family as a number, so that allocation and planning are arithmetic.
/// Text is strict: four decimal octets without leading zeros (RFC 6943 section 3.1.1 tells why), or RFC 4291 text
/// without zone or brackets; printed canonically (RFC 5952). Ordered by family, then by value.
/// </summary>
[JsonConverter(typeof(IpAddressJsonConverter))]
public readonly record struct IpAddress(IpFamily Family, UInt128 Bits) : IComparable<IpAddress>
{
    public static IpAddress Parse(string text) =>
        TryParse(text, out var address, out var reason) ? address : throw new FormatException(reason);

    /// <summary>False gives in <paramref name="reason"/> what is wrong with the text, ready to show to a user.</summary>
    public static bool TryParse(string? text, out IpAddress address, [NotNullWhen(false)] out string? reason)
    {
        address = default;
        if (string.IsNullOrEmpty(text))
        {
            reason = "an IP address is missing";
            return false;
        }

        return text.Contains(':', StringComparison.Ordinal)
            ? TryParseV6(text, out address, out reason)
            : TryParseV4(text, out address, out reason);
    }

    public static IpAddress From(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork
            ? new IpAddress(IpFamily.IPv4, BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : new IpAddress(IpFamily.IPv6, BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    public IPAddress ToIPAddress()
    {
        if (Family == IpFamily.IPv4)
        {
            Span<byte> four = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(four, (uint)Bits);
            return new IPAddress(four);
        }

        Span<byte> sixteen = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(sixteen, Bits);
        return new IPAddress(sixteen);
    }

    /// <summary>The address <paramref name="offset"/> further on; the caller keeps it inside the family.</summary>
    public IpAddress Plus(UInt128 offset) => this with { Bits = Bits + offset };

    public int CompareTo(IpAddress other) =>
        Family != other.Family ? Family.CompareTo(other.Family) : Bits.CompareTo(other.Bits);

    public static bool operator <(IpAddress left, IpAddress right) => left.CompareTo(right) < 0;
    public static bool operator >(IpAddress left, IpAddress right) => left.CompareTo(right) > 0;
    public static bool operator <=(IpAddress left, IpAddress right) => left.CompareTo(right) <= 0;
    public static bool operator >=(IpAddress left, IpAddress right) => left.CompareTo(right) >= 0;

    public override string ToString() => Family == 0 ? "" : ToIPAddress().ToString();

    private static bool TryParseV4(string text, out IpAddress address, [NotNullWhen(false)] out string? reason)
    {
        address = default;
        var octets = text.Split('.');
        if (octets.Length != 4)
        {
            reason = $"'{text}' is not an IPv4 address: four decimal octets are wanted";
            return false;
        }

        uint bits = 0;
        foreach (var octet in octets)
        {
            if (!byte.TryParse(octet, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                reason = $"'{text}' is not an IPv4 address: octet '{octet}' is not a number from 0 to 255";
                return false;
            }

            if (octet.Length > 1 && octet[0] == '0')
            {
                reason = $"'{text}' is not an IPv4 address: octet '{octet}' has a leading zero, which some programs read as octal";
                return false;
            }

            bits = (bits << 8) | value;
        }

        address = new IpAddress(IpFamily.IPv4, bits);
        reason = null;
        return true;
    }

    private static bool TryParseV6(string text, out IpAddress address, [NotNullWhen(false)] out string? reason)
    {
        address = default;
        if (text.AsSpan().ContainsAny("%[]") || !IPAddress.TryParse(text, out var parsed)
            || parsed.AddressFamily != AddressFamily.InterNetworkV6)
        {
            reason = $"'{text}' is not an IPv6 address (RFC 4291 text without zone or brackets is wanted)";
            return false;
        }

        if (parsed.IsIPv4MappedToIPv6)
        {
            reason = $"'{text}' is an IPv4 address in IPv6 dress: write {parsed.MapToIPv4()}";
            return false;
        }

        address = From(parsed);
        reason = null;
        return true;
    }
}
