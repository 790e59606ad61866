using System.Globalization;

namespace Romana.Cloud.Commands.Input;

/// <summary>A length of time as people write it: a number and a unit.</summary>
internal static class SpanText
{
    public const string Wanted = "a number with a unit is wanted, such as 90s, 30m, 2h or 1d";

    /// <summary>"90s", "30m", "1.5h", "2d"; more than nothing and at most a year.</summary>
    public static bool TryParse(string text, out TimeSpan span)
    {
        span = default;
        if (text.Length < 2 || !double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
        var unit = char.ToLowerInvariant(text[^1]) switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        if (unit == 0 || number * unit is not (> 0 and <= 366 * 86400)) return false;
        span = TimeSpan.FromSeconds(number * unit);
        return true;
    }
}
