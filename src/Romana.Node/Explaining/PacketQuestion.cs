using Romana.Ipam.Addressing;

namespace Romana.Node.Explaining;

/// <summary>The first packet of a flow, as it stands where this host meets it.</summary>
/// <param name="Port">TCP port that it is sent to; null: none is known.</param>
internal sealed record PacketQuestion(IpAddress From, IpAddress To, int? Port)
{
    /// <summary>Null with a reason: what is wrong, the value, and what would be right.</summary>
    public static PacketQuestion? Parse(string from, string to, string? port, out string wrong)
    {
        wrong = "";
        if (!IpAddress.TryParse(from, out var source, out var badSource)) wrong = $"SRC '{from}' is no address: {badSource}";
        else if (!IpAddress.TryParse(to, out var destination, out var badDestination)) wrong = $"DST '{to}' is no address: {badDestination}";
        else if (source.Family != destination.Family) wrong = $"SRC {source} is {source.Family} and DST {destination} is {destination.Family}: no packet has both";
        else if (port is not null && !(int.TryParse(port, out var number) && number is >= 1 and <= 65535)) wrong = $"PORT '{port}' is no port: a number from 1 to 65535";
        else return new PacketQuestion(source, destination, port is null ? null : int.Parse(port));
        return null;
    }
}
