using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Romana.Ipam.Addressing;

namespace Romana.Node.Linux.Netlink.Wire;

/// <summary>
/// Walks attributes (struct nlattr). Nesting costs no recursion here: who wants what is inside asks for it, level by
/// level, so a message nested a thousand deep is read as far as somebody knows its meaning.
/// </summary>
internal ref struct AttributeReader(ReadOnlySpan<byte> attributes)
{
    private const int HeaderSize = 4;

    // NLA_F_NESTED and NLA_F_NET_BYTEORDER: some kernels set them, rtnetlink's meaning never depends on them.
    private const ushort TypeMask = 0x3FFF;

    private ReadOnlySpan<byte> _rest = attributes;

    public ushort Type { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    /// <exception cref="MalformedMessageException">A length leads out of what holds the attribute.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty) return false;
        if (_rest.Length < HeaderSize)
            throw new MalformedMessageException($"{_rest.Length} bytes are left where an attribute's header has {HeaderSize}");
        var length = MemoryMarshal.Read<ushort>(_rest);
        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & TypeMask);
        if (length < HeaderSize || length > _rest.Length)
            throw new MalformedMessageException($"attribute {Type} says {length} bytes where {_rest.Length} are left");
        Value = _rest[HeaderSize..length];
        _rest = _rest[Math.Min(Alignment.Up(length), _rest.Length)..];
        return true;
    }

    /// <summary>Goes on to the next attribute of that type; false if there is none.</summary>
    public bool Find(ushort type)
    {
        while (Next())
        {
            if (Type == type) return true;
        }

        return false;
    }

    public readonly byte U8() => Number<byte>();

    public readonly ushort U16() => Number<ushort>();

    public readonly uint U32() => Number<uint>();

    public readonly int I32() => Number<int>();

    /// <summary>A fixed structure; newer kernels append fields to some, so more bytes than wanted are no error.</summary>
    public readonly T Structure<T>()
        where T : unmanaged =>
        Value.Length >= Unsafe.SizeOf<T>() ? MemoryMarshal.Read<T>(Value) : throw Wrong($"at least {Unsafe.SizeOf<T>()} bytes");

    public readonly AttributeReader Nested() => new(Value);

    /// <summary>The same attribute without its first bytes (RTA_VIA has its family there).</summary>
    public readonly AttributeReader From(int offset) => this with { Value = Value[offset..] };

    /// <summary>Text up to the first NUL. Interface names may hold any byte: what is no UTF-8 becomes U+FFFD.</summary>
    public readonly string Text()
    {
        var end = Value.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? Value : Value[..end]);
    }

    public readonly IpAddress Address(IpFamily family) => (family, Value.Length) switch
    {
        (IpFamily.IPv4, 4) => new(IpFamily.IPv4, BinaryPrimitives.ReadUInt32BigEndian(Value)),
        (IpFamily.IPv6, 16) => new(IpFamily.IPv6, BinaryPrimitives.ReadUInt128BigEndian(Value)),
        _ => throw Wrong($"an {family} address"),
    };

    private readonly T Number<T>()
        where T : unmanaged =>
        Value.Length == Unsafe.SizeOf<T>() ? MemoryMarshal.Read<T>(Value) : throw Wrong($"a number of {Unsafe.SizeOf<T>()} bytes");

    private readonly MalformedMessageException Wrong(string wanted) =>
        new($"attribute {Type} has {Value.Length} bytes where {wanted} is wanted");
}
