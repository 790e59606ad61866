using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>Reads routes (linux/rtnetlink.h, struct rtmsg).</summary>
internal static class RouteCodec
{
    /// <summary>One of a list; what the kernel only remembers of a path is none.</summary>
    public static Route? Decode(Message message) => Decode(message, cached: false);

    /// <summary>The answer to a lookup, which is marked as remembered.</summary>
    public static Route? DecodeAnswer(Message message) => Decode(message, cached: true);

    private static Route? Decode(Message message, bool cached)
    {
        if (message.Header.Type != MessageType.NewRoute) return null;
        var head = message.Head<RouteHead>(out var attributes);
        if (Families.From(head.Family) is not { } family) return null;
        if (!cached && (head.Flags & RouteHead.Cached) != 0) return null;
        if (head.DestinationLength > family.Width())
            throw new MalformedMessageException($"a route has a prefix length of {head.DestinationLength}");
        var draft = new Draft(head, family);
        while (attributes.Next()) draft.Take(attributes);
        return draft.Finish();
    }

    private sealed class Draft(RouteHead head, IpFamily family)
    {
        private ImmutableArray<NextHop>.Builder? _hops;
        private IpAddress _destination = new(family, 0);
        private IpAddress? _source, _via;
        private uint _table = head.Table, _metric;
        private uint? _mtu;
        private int _interface;
        private bool _isLocked, _isUnknown = head.SourceLength != 0 || head.TypeOfService != 0;

        public void Take(AttributeReader attribute)
        {
            switch (attribute.Type)
            {
                case RouteAttribute.Destination: _destination = attribute.Address(family); break;
                case RouteAttribute.Interface: _interface = attribute.I32(); break;
                case RouteAttribute.Gateway: _via = attribute.Address(family); break;
                case RouteAttribute.Via: _via = ForeignGateway(attribute); break;
                case RouteAttribute.Metric: _metric = attribute.U32(); break;
                case RouteAttribute.Source: _source = attribute.Address(family); break;
                case RouteAttribute.Metrics: TakeMetrics(attribute.Nested()); break;
                case RouteAttribute.Multipath: TakeHops(attribute.Value); break;
                case RouteAttribute.Table: _table = attribute.U32(); break;
                case RouteAttribute.CacheInfo: _isUnknown |= attribute.Structure<RouteLifetime>().Expires != 0; break;
                // What an answer to a lookup has besides, and the default preference of every IPv6 route.
                case RouteAttribute.Preference or RouteAttribute.Uid or RouteAttribute.Mark or RouteAttribute.InterfaceIn: break;
                default: _isUnknown = true; break;
            }
        }

        /// <summary>Canonical as it is made: tables have tens of thousands of routes, and each copy counts.</summary>
        public Route Finish()
        {
            var type = (RouteType)head.Type;
            return new Route
            {
                Destination = Cidr.Around(_destination, head.DestinationLength),
                Table = _table,
                Protocol = head.Protocol,
                Type = type,
                Scope = family == IpFamily.IPv6 ? Scope.Global : (Scope)head.Scope,
                Metric = _metric,
                Source = _source,
                Mtu = _mtu,
                IsMtuLocked = _isLocked && _mtu is not null,
                Hops = Route.IsRefusing(type) ? [] : Hops(),
                HasUnknownParts = _isUnknown,
            };
        }

        private ImmutableArray<NextHop> Hops()
        {
            if (_hops is not null) return _hops.DrainToImmutable().Sort();
            return _interface == 0 && _via is null ? [] : [new NextHop(_interface, _via, (head.Flags & HopHead.OnLink) != 0)];
        }

        private void TakeMetrics(AttributeReader metrics)
        {
            while (metrics.Next())
            {
                if (metrics.Type == RouteAttribute.MetricMtu) _mtu = metrics.U32();
                else if (metrics.Type == RouteAttribute.MetricLock && (metrics.U32() & ~RouteAttribute.LockMtu) == 0) _isLocked = metrics.U32() != 0;
                else _isUnknown = true;
            }
        }

        private void TakeHops(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                var hop = HopHead.Read(bytes, out var attributes, out bytes);
                IpAddress? via = null;
                while (attributes.Next())
                {
                    if (attributes.Type == RouteAttribute.Gateway) via = attributes.Address(family);
                    else if (attributes.Type == RouteAttribute.Via) via = ForeignGateway(attributes);
                    else _isUnknown = true;
                }

                (_hops ??= ImmutableArray.CreateBuilder<NextHop>()).Add(new NextHop(hop.Interface, via, (hop.Flags & HopHead.OnLink) != 0, hop.Weight + 1));
            }
        }

        private static IpAddress ForeignGateway(AttributeReader attribute)
        {
            var number = attribute.Structure<ushort>();
            var family = number <= byte.MaxValue ? Families.From((byte)number) : null;
            if (family is not { } known) throw new MalformedMessageException($"a gateway is of the unknown family {number}");
            return attribute.From(sizeof(ushort)).Address(known);
        }
    }
}
