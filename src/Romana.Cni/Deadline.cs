using System.Net.Sockets;

namespace Romana.Cni;

/// <summary>An end of waiting by the clock, which is looked at now and then while a socket has nothing to say.</summary>
internal sealed class Deadline(TimeSpan limit, TimeProvider clock)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    private readonly long _began = clock.GetTimestamp();

    public bool IsOver => clock.GetElapsedTime(_began) >= limit;

    /// <summary>There is something to read, or the other end hung up.</summary>
    /// <exception cref="TimeoutException"/>
    public void AwaitWord(Socket socket)
    {
        while (!socket.Poll(Look, SelectMode.SelectRead))
        {
            if (IsOver) throw new TimeoutException();
        }
    }
}
