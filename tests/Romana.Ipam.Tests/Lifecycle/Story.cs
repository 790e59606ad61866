namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>A failed episode with every operation left out that it does not take to fail, told step by step.</summary>
internal static class Story
{
    public static async Task<string> OfAsync(int seed, uint[] operations)
    {
        if (await FailureAsync(seed, operations, null) is not { } failure) return "it did not fail again";
        var invariant = failure[..failure.IndexOf(':', StringComparison.Ordinal)];
        for (var size = operations.Length / 2; size > 0; size /= 2)
        {
            for (var at = 0; at < operations.Length;)
            {
                uint[] fewer = [.. operations.Take(at), .. operations.Skip(at + size)];
                if ((await FailureAsync(seed, fewer, null))?.StartsWith($"{invariant}:", StringComparison.Ordinal) == true) operations = fewer;
                else at += size;
            }
        }

        var lines = new List<string>();
        failure = await FailureAsync(seed, operations, lines.Add);
        return string.Join(Environment.NewLine, [.. lines, $"{failure}, after {operations.Length} operations"]);
    }

    private static async Task<string?> FailureAsync(int seed, IEnumerable<uint> operations, Action<string>? tell)
    {
        try
        {
            await Episode.RunAsync(seed, operations, tell: tell);
            return null;
        }
        catch (InvariantBrokenException broken)
        {
            return broken.Message;
        }
    }
}
