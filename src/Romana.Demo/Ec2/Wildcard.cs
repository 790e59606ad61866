namespace Romana.Demo.Ec2;

/// <summary>EC2's filter patterns: * any run of characters, ? one character, \ takes the next one literally; case counts.</summary>
internal static class Wildcard
{
    public static bool Matches(string pattern, string text) =>
        pattern.AsSpan().ContainsAny("*?\\") ? Matches(pattern.AsSpan(), text.AsSpan()) : pattern == text;

    private static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text)
    {
        if (pattern.IsEmpty) return text.IsEmpty;
        switch (pattern[0])
        {
            case '*':
                for (var skip = 0; skip <= text.Length; skip++)
                    if (Matches(pattern[1..], text[skip..]))
                        return true;
                return false;
            case '?':
                return !text.IsEmpty && Matches(pattern[1..], text[1..]);
            case '\\' when pattern.Length > 1:
                return !text.IsEmpty && text[0] == pattern[1] && Matches(pattern[2..], text[1..]);
            default:
                return !text.IsEmpty && text[0] == pattern[0] && Matches(pattern[1..], text[1..]);
        }
    }
}
