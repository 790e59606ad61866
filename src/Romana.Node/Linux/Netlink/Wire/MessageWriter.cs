using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Romana.Ipam.Addressing;

namespace Romana.Node.Linux.Netlink.Wire;

/// <summary>
/// Writes one request, first into the caller's scratch, then, if that is too small, into an array. An attribute that
/// holds others is opened and closed; its length is filled in when it is closed.
/// </summary>
internal ref struct MessageWriter
{
    /// <summary>Enough for every request but a route with dozens of next hops.</summary>
    public const int ScratchSize = 512;

    private const int AttributeHeader = 4;

    private Span<byte> _bytes;
    private int _length;

    public MessageWriter(Span<byte> scratch, ushort type, ushort flags)
    {
        _bytes = scratch;
        Put(new MessageHeader(0, type, (ushort)(flags | MessageFlags.Request), 0, 0));
    }

    /// <summary>The family's fixed header.</summary>
    public void Head<T>(T head)
        where T : unmanaged => Put(head);

    public void U8(ushort type, byte value) => Attribute(type, value);

    public void U16(ushort type, ushort value) => Attribute(type, value);

    public void U32(ushort type, uint value) => Attribute(type, value);

    public void I32(ushort type, int value) => Attribute(type, value);

    /// <summary>A string with its NUL.</summary>
    public void Text(ushort type, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var bytes = Encoding.UTF8.GetByteCount(value);
        Encoding.UTF8.GetBytes(value, Reserve(type, bytes + 1));
    }

    public void Bytes(ushort type, scoped ReadOnlySpan<byte> value) => value.CopyTo(Reserve(type, value.Length));

    public void Address(ushort type, IpAddress address)
    {
        if (address.Family == IpFamily.IPv4) BinaryPrimitives.WriteUInt32BigEndian(Reserve(type, 4), (uint)address.Bits);
        else BinaryPrimitives.WriteUInt128BigEndian(Reserve(type, 16), address.Bits);
    }

    /// <summary>RTA_VIA: a next hop of another family than the destination's, which it names first.</summary>
    public void AddressWithFamily(ushort type, ushort family, IpAddress address)
    {
        var value = Reserve(type, 2 + (address.Family.Width() / 8));
        MemoryMarshal.Write(value, family);
        if (address.Family == IpFamily.IPv4) BinaryPrimitives.WriteUInt32BigEndian(value[2..], (uint)address.Bits);
        else BinaryPrimitives.WriteUInt128BigEndian(value[2..], address.Bits);
    }

    /// <summary>Begins an attribute that holds what is written until <see cref="Close"/>; returns where it began.</summary>
    public int Open(ushort type)
    {
        var start = _length;
        Reserve(type, 0);
        return start;
    }

    /// <summary>Also closes a struct rtnexthop, which begins with its length as an attribute does.</summary>
    /// <exception cref="ArgumentException">More than an attribute can hold.</exception>
    public readonly void Close(int start)
    {
        var length = _length - start;
        if (length > ushort.MaxValue) throw new ArgumentException($"{length} bytes do not fit into one netlink attribute");
        MemoryMarshal.Write(_bytes[start..], (ushort)length);
    }

    /// <summary>A structure amid attributes (struct rtnexthop, a peer's struct ifinfomsg); returns where it began.</summary>
    public int Structure<T>(T value)
        where T : unmanaged
    {
        var start = _length;
        Put(value);
        return start;
    }

    /// <summary>The whole request, in the scratch or the array.</summary>
    public readonly ReadOnlySpan<byte> Finish(uint sequence)
    {
        MemoryMarshal.Write(_bytes, (uint)_length);
        MemoryMarshal.Write(_bytes[8..], sequence);
        return _bytes[.._length];
    }

    private void Attribute<T>(ushort type, T value)
        where T : unmanaged => MemoryMarshal.Write(Reserve(type, Unsafe.SizeOf<T>()), value);

    private Span<byte> Reserve(ushort type, int size)
    {
        var length = AttributeHeader + size;
        if (length > ushort.MaxValue) throw new ArgumentException($"{length} bytes do not fit into one netlink attribute");
        var whole = Grow(Alignment.Up(length));
        MemoryMarshal.Write(whole, (ushort)length);
        MemoryMarshal.Write(whole[2..], type);
        return whole.Slice(AttributeHeader, size);
    }

    private void Put<T>(T value)
        where T : unmanaged => MemoryMarshal.Write(Grow(Alignment.Up(Unsafe.SizeOf<T>())), value);

    private Span<byte> Grow(int size)
    {
        if (_length + size > _bytes.Length) Move(_length + size);
        var added = _bytes.Slice(_length, size);
        // Padding goes to the kernel: it must not carry what the scratch held before.
        added.Clear();
        _length += size;
        return added;
    }

    private void Move(int atLeast)
    {
        var larger = new byte[Math.Max(atLeast, _bytes.Length * 2)];
        _bytes[.._length].CopyTo(larger);
        _bytes = larger;
    }
}
