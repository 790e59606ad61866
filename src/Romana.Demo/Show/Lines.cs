namespace Romana.Demo.Show;

/// <summary>Breaks text at blanks, so that nothing is wider than the page. Pure.</summary>
internal static class Lines
{
    /// <summary>What fits beside a terminal's neighbour and in a mail.</summary>
    public const int Widest = 100;

    /// <summary>Lines after the first stand two columns further in; a word that is wider than the page stands alone.</summary>
    public static IEnumerable<string> Wrap(string text, int width)
    {
        var indent = text.Length - text.TrimStart().Length + 2;
        while (text.Length > width)
        {
            var cut = text.LastIndexOf(' ', width);
            if (cut <= indent) cut = text.IndexOf(' ', width);
            if (cut < 0) break;
            yield return text[..cut].TrimEnd();
            text = new string(' ', indent) + text[(cut + 1)..].TrimStart();
        }

        yield return text;
    }
}
