using System.Globalization;
using System.Net;
using Romana.Cloud.Commands.Frame;

namespace Romana.Cloud.Api;

/// <summary>ADDR:PORT of --listen. Names are not looked up: what a name means may change, and with it who can reach us.</summary>
public sealed record ListenAddress(IPAddress Address, int Port)
{
    public bool IsLoopback => IPAddress.IsLoopback(Address);

    public static ListenAddress Parse(string text)
    {
        var wanted = text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" + text["localhost".Length..] : text;
        var colon = wanted.LastIndexOf(':');
        // IPEndPoint alone would take "127.0.0.1" and "9604" for addresses with port 0.
        if (colon > 0 && IPEndPoint.TryParse(wanted, out var end) && (wanted[0] == '[' || wanted.IndexOf(':', StringComparison.Ordinal) == colon)
            && int.TryParse(wanted.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port == end.Port)
        {
            return new ListenAddress(end.Address, port);
        }

        throw CommandFailure.BadInput($"--listen {text} is not ADDR:PORT", "write 127.0.0.1:9604, or [::1]:9604 for IPv6");
    }

    public override string ToString() => new IPEndPoint(Address, Port).ToString();
}
