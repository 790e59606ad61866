using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>A 48-bit hardware address (IEEE 802), printed in lower case with colons.</summary>
internal readonly record struct MacAddress(ulong Bits)
{
    public const int Size = 6;

    /// <exception cref="FormatException">Says what is wrong with the text.</exception>
    public static MacAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not a MAC address: six pairs of hex digits with colons are wanted");

    public static bool TryParse([NotNullWhen(true)] string? text, out MacAddress address)
    {
        address = default;
        var parts = text?.Split(':') ?? [];
        if (parts.Length != Size) return false;
        ulong bits = 0;
        foreach (var part in parts)
        {
            if (part.Length != 2 || !byte.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)) return false;
            bits = (bits << 8) | value;
        }

        address = new MacAddress(bits);
        return true;
    }

    /// <summary>Null for hardware addresses of other sizes (tunnels have 4 or 16 bytes, some devices none).</summary>
    public static MacAddress? From(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) return null;
        ulong bits = 0;
        foreach (var value in bytes) bits = (bits << 8) | value;
        return new MacAddress(bits);
    }

    public void CopyTo(Span<byte> bytes)
    {
        for (var i = 0; i < Size; i++) bytes[i] = (byte)(Bits >> (8 * (Size - 1 - i)));
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes).Insert(10, ":").Insert(8, ":").Insert(6, ":").Insert(4, ":").Insert(2, ":");
    }
}
