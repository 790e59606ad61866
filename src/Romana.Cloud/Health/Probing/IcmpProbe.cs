using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Romana.Cloud.Health.Probing;

/// <summary>ICMP echoes of both families over one socket each.</summary>
internal sealed class IcmpProbe : IProbe
{
    private readonly TimeProvider _clock;
    private readonly ulong _key = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly ConcurrentQueue<ProbeAnswer> _answers = new();
    private readonly EchoSocket _four;
    private EchoSocket? _six;
    private bool _noSix;

    /// <exception cref="SocketException">This process may not send ICMP.</exception>
    public IcmpProbe(TimeProvider clock)
    {
        _clock = clock;
        _four = new EchoSocket(AddressFamily.InterNetwork, _key, clock, _answers);
    }

    public string Name => "icmp";

    public bool TrySend(IPAddress to, long number) =>
        to.AddressFamily == AddressFamily.InterNetwork ? _four.TrySend(to, number) : Six()?.TrySend(to, number) == true;

    public bool TryTake(out ProbeAnswer answer) => _answers.TryDequeue(out answer);

    public void Dispose()
    {
        _four.Dispose();
        _six?.Dispose();
    }

    /// <summary>Opened with the first IPv6 host: a machine may well have none.</summary>
    private EchoSocket? Six()
    {
        if (_six is not null || _noSix) return _six;
        try
        {
            return _six = new EchoSocket(AddressFamily.InterNetworkV6, _key, _clock, _answers);
        }
        catch (SocketException)
        {
            _noSix = true;
            return null;
        }
    }
}
