using System.Collections.Immutable;

namespace Romana.Demo.Tests;

internal static class DictionaryForms
{
    public static ImmutableSortedDictionary<string, string> ToImmutableSorted(this IEnumerable<KeyValuePair<string, string>> pairs) =>
        pairs.ToImmutableSortedDictionary(StringComparer.Ordinal);
}
