using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Serialization;

namespace Romana.Ipam.Addressing;

/// <summary>
/// An aligned block of addresses of one family: first address and prefix length (RFC 4632, RFC 4291 section 2.3).
/// Always canonical: no value with host bits set can be made. Ordered by first address, then the wider block first.
/// </summary>
[JsonConverter(typeof(CidrJsonConverter))]
public readonly record struct Cidr : IComparable<Cidr>
{
    private Cidr(IpAddress first, int length)
    {
        First = first;
        Length = length;
    }

    public IpAddress First { get; }

    /// <summary>Prefix length in bits, 0 to 32 or 128.</summary>
    public int Length { get; }

    public IpFamily Family => First.Family;

    public IpAddress Last => First with { Bits = First.Bits | HostMask(Family, Length) };

    /// <summary>Number of addresses less one: the whole IPv6 space has more addresses than UInt128 can count.</summary>
    public UInt128 CountLessOne => HostMask(Family, Length);

    /// <summary>Number of addresses; throws for ::/0, whose count does not fit.</summary>
    public UInt128 Count => checked(CountLessOne + 1);

    /// <summary>The block of that length that holds <paramref name="address"/>; host bits are masked away.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length does not exist in the family.</exception>
    public static Cidr Around(IpAddress address, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, address.Family.Width());
        return new Cidr(address with { Bits = address.Bits & ~HostMask(address.Family, length) }, length);
    }

    /// <summary>The single address as /32 or /128.</summary>
    public static Cidr Of(IpAddress address) => new(address, address.Family.Width());

    /// <exception cref="FormatException">Says what is wrong with the text.</exception>
    public static Cidr Parse(string text) =>
        TryParse(text, out var cidr, out var reason) ? cidr : throw new FormatException(reason);

    /// <summary>Strict: host bits, leading zeros and missing octets are refused; the reason says what to write instead.</summary>
    public static bool TryParse(string? text, out Cidr cidr, [NotNullWhen(false)] out string? reason)
    {
        if (!TryParseMasking(text, out cidr, out var address, out reason)) return false;
        if (address == cidr.First) return true;
        reason = $"'{text}' has bits set behind its prefix: write {cidr} for the block, or {Of(address)} for the address";
        cidr = default;
        return false;
    }

    /// <summary>Masks host bits away, for commands that take any address of a block (black-outs).</summary>
    public static bool TryParseMasking(string? text, out Cidr cidr, [NotNullWhen(false)] out string? reason) =>
        TryParseMasking(text, out cidr, out _, out reason);

    public bool Contains(IpAddress address) =>
        address.Family == Family && (address.Bits & ~HostMask(Family, Length)) == First.Bits;

    /// <summary>True for the block itself and every block inside it.</summary>
    public bool Contains(Cidr other) => other.Length >= Length && Contains(other.First);

    public bool Overlaps(Cidr other) => Contains(other) || other.Contains(this);

    /// <summary>Number of sub-blocks of <paramref name="length"/>.</summary>
    /// <exception cref="OverflowException">The addresses of ::/0, whose number does not fit.</exception>
    public UInt128 CountOf(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Family.Width());
        // A shift by 128 is a shift by 0 for UInt128.
        return length - Length == 128 ? throw new OverflowException() : UInt128.One << (length - Length);
    }

    /// <summary>The sub-block of <paramref name="length"/> with that index, counted from the lowest.</summary>
    public Cidr Slice(int length, UInt128 index)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Family.Width());
        var bits = length - Length;
        if (bits < 128 && index >> bits != 0)
            throw new ArgumentOutOfRangeException(nameof(index));
        var shift = Family.Width() - length;
        return new Cidr(First.Plus(shift == 128 ? 0 : index << shift), length);
    }

    /// <summary>The block of one bit less that holds this one; throws for /0.</summary>
    public Cidr Parent => Around(First, Length - 1);

    public Cidr LowerHalf => Slice(Length + 1, 0);

    public Cidr UpperHalf => Slice(Length + 1, 1);

    public int CompareTo(Cidr other)
    {
        var byFirst = First.CompareTo(other.First);
        return byFirst != 0 ? byFirst : Length.CompareTo(other.Length);
    }

    public static bool operator <(Cidr left, Cidr right) => left.CompareTo(right) < 0;
    public static bool operator >(Cidr left, Cidr right) => left.CompareTo(right) > 0;
    public static bool operator <=(Cidr left, Cidr right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Cidr left, Cidr right) => left.CompareTo(right) >= 0;

    public override string ToString() => Family == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{First}/{Length}");

    private static bool TryParseMasking(
        string? text, out Cidr cidr, out IpAddress address, [NotNullWhen(false)] out string? reason)
    {
        cidr = default;
        address = default;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 0)
        {
            reason = $"'{text}' is not a CIDR: ADDRESS/LENGTH is wanted, such as 10.244.0.0/16";
            return false;
        }

        if (!IpAddress.TryParse(text![..slash], out address, out reason)) return false;
        var tail = text[(slash + 1)..];
        if (!int.TryParse(tail, NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > address.Family.Width() || (tail.Length > 1 && tail[0] == '0'))
        {
            reason = $"'{text}' is not a CIDR: the prefix length '{tail}' is not a number from 0 to {address.Family.Width()}";
            return false;
        }

        cidr = Around(address, length);
        return true;
    }

    private static UInt128 HostMask(IpFamily family, int length)
    {
        var host = family.Width() - length;
        return host == 128 ? UInt128.MaxValue : (UInt128.One << host) - 1;
    }
}
