using System.Globalization;

namespace Romana.Cloud.Tests;

/// <summary>How many cases a property test draws: all of them in `make test`, a fifth in `make test-unit`, whose loop is short.</summary>
internal static class Effort
{
    private const int UnitLoop = 20_000;

    private static readonly bool IsShort =
        Environment.GetEnvironmentVariable("ROMANA_PROPERTY_OPERATIONS") is { Length: > 0 } operations && int.Parse(operations, CultureInfo.InvariantCulture) <= UnitLoop;

    public static int Of(int whole) => IsShort ? whole / 5 : whole;
}
