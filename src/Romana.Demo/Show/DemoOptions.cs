using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Romana.Demo.Show;

/// <summary>What the demo is asked to do.</summary>
public sealed record DemoOptions
{
    public const string Usage = """
        romana-demo: Romana's main job on a VPC that lives on this machine

        Usage: romana-demo [--once] [--hosts N] [--zones N] [--limit N] [--speed X] [--romana PATH] [--seed N] [--deadline SECONDS]

          --once              stop when the route tables are as they should be; exit code 0
          --hosts N           hosts to begin with (12; at most 2000)
          --zones N           availability zones, two subnets each (3; at most 8)
          --limit N           routes that each table may hold (500)
          --speed X           how fast the VPC's clock runs (10): its rate limits and its delays
          --romana PATH       the program under test (looked for beside this one, then on PATH)
          --seed N            which hosts join, fail and leave later (1)
          --deadline SECONDS  give up when the tables are not in place by then (120)
        """;

    public bool Once { get; init; }
    public int Hosts { get; init; } = 12;
    public int Zones { get; init; } = 3;
    public int Limit { get; init; } = 500;
    public double Speed { get; init; } = 10;
    public string? Romana { get; init; }
    public int Seed { get; init; } = 1;
    public int Deadline { get; init; } = 120;
    public bool Help { get; init; }

    /// <summary>False: <paramref name="reason"/> says which word is wrong and what to write instead.</summary>
    public static bool TryParse(IReadOnlyList<string> args, out DemoOptions options, [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(args);
        options = new DemoOptions();
        reason = null;
        for (var index = 0; index < args.Count; index++)
        {
            var word = args[index];
            if (word is "--once" or "--help" or "-h")
            {
                options = word == "--once" ? options with { Once = true } : options with { Help = true };
                continue;
            }

            reason = !Valued.Contains(word) ? $"'{word}' is no option"
                : index + 1 == args.Count ? $"{word} wants a value" : Take(ref options, word, args[++index]);
            if (reason is not null) return false;
        }

        return true;
    }

    private static readonly string[] Valued = ["--hosts", "--zones", "--limit", "--speed", "--romana", "--seed", "--deadline"];

    /// <summary>Null when the value was taken, else what is wrong with it.</summary>
    private static string? Take(ref DemoOptions options, string name, string value)
    {
        var number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : -1;
        var wanted = name switch
        {
            "--hosts" => Within(number, 0, 2000),
            "--zones" => Within(number, 1, 8),
            "--limit" => Within(number, 1, 1000),
            "--seed" or "--deadline" => Within(number, 1, 100_000),
            "--speed" => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var speed) && speed is >= 0.1 and <= 1000
                ? null : "a number from 0.1 to 1000",
            "--romana" => File.Exists(value) ? null : "the path of the program `romana`, which is not there",
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no option with a value"),
        };
        if (wanted is not null) return $"{name} {value}: wanted is {wanted}";
        options = name switch
        {
            "--hosts" => options with { Hosts = number },
            "--zones" => options with { Zones = number },
            "--limit" => options with { Limit = number },
            "--seed" => options with { Seed = number },
            "--deadline" => options with { Deadline = number },
            "--speed" => options with { Speed = double.Parse(value, CultureInfo.InvariantCulture) },
            _ => options with { Romana = Path.GetFullPath(value) },
        };
        return null;
    }

    private static string? Within(int number, int least, int most) =>
        number >= least && number <= most ? null : $"a whole number from {least} to {most}";
}
