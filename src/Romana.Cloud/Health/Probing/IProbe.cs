using System.Net;

namespace Romana.Cloud.Health.Probing;

/// <summary>An answer to the probe of that number.</summary>
/// <param name="At">Timestamp of the clock when it came.</param>
internal readonly record struct ProbeAnswer(long Number, long At);

/// <summary>One way to ask a host whether it lives. Used by one thread; answers are taken, not pushed.</summary>
internal interface IProbe : IDisposable
{
    /// <summary>"icmp", "tcp:10250".</summary>
    string Name { get; }

    /// <summary>Sends and does not wait. False: it could not leave this machine.</summary>
    bool TrySend(IPAddress to, long number);

    /// <summary>An answer that came since the last call, in any order.</summary>
    bool TryTake(out ProbeAnswer answer);
}
