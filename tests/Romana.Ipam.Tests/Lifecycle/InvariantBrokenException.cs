using System.Globalization;
using System.Runtime.CompilerServices;

namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>One of the design's I1 to I13 does not hold; the message begins with its number.</summary>
public sealed class InvariantBrokenException : Exception
{
    public InvariantBrokenException() { }
    public InvariantBrokenException(string message) : base(message) { }
    public InvariantBrokenException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>A message that is put together only when it is needed: it is asked for a thousand times as often.</summary>
[InterpolatedStringHandler]
internal readonly ref struct Words
{
    private readonly List<string>? _parts;

    public Words(int literals, int values, bool holds, out bool isNeeded)
    {
        isNeeded = !holds;
        _parts = holds ? null : new List<string>(literals + values);
    }

    public void AppendLiteral(string text) => _parts!.Add(text);

    public void AppendFormatted<T>(T value) => _parts!.Add(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");

    public override string ToString() => string.Concat(_parts ?? []);
}
