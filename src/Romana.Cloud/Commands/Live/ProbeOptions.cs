using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Control;
using Romana.Cloud.Health.Probing;

namespace Romana.Cloud.Commands.Live;

/// <summary>How the controller finds out who lives.</summary>
internal static class ProbeOptions
{
    public static readonly Option<ProbeChoice> Probe = MakeProbe();
    private static readonly Option<double> Interval = Milliseconds("--probe-interval", "Milliseconds between two probes of one host", 500);
    private static readonly Option<double> Timeout = Milliseconds("--probe-timeout", "Milliseconds after which a probe counts as unanswered", 500);

    private static readonly Option<int> Count = new("--probe-count")
    {
        Description = "Probes in a row that must go unanswered before a host is taken for dead",
        HelpName = "N",
        DefaultValueFactory = _ => 3,
    };

    private static readonly Option<double> StatusPoll = AwsOptions.NotNegative(new Option<double>("--status-poll")
    {
        Description = "Seconds between two looks at EC2's own status of the instances, one call each; 0 for never",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 60,
    });

    public static void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Probe, Interval, Count, Timeout, StatusPoll]) command.Add(option);
    }

    public static ControllerOptions Read(ParseResult parsed, ControllerOptions options) => options with
    {
        Probe = parsed.GetRequiredValue(Probe),
        ProbeRules = options.ProbeRules with
        {
            Interval = TimeSpan.FromMilliseconds(parsed.GetValue(Interval)),
            Count = parsed.GetValue(Count),
            Timeout = TimeSpan.FromMilliseconds(parsed.GetValue(Timeout)),
        },
        StatusPoll = TimeSpan.FromSeconds(parsed.GetValue(StatusPoll)),
    };

    private static Option<ProbeChoice> MakeProbe() => new("--probe")
    {
        Description = "Ask every host whether it lives: by ICMP echo, by a TCP connection, or not at all; their security groups must let it in",
        HelpName = "none|icmp|tcp:PORT",
        DefaultValueFactory = _ => ProbeChoice.None,
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (ProbeChoice.Parse(text) is { } choice) return choice;
            result.AddError($"--probe {text}: give none, icmp, or tcp:PORT such as tcp:10250");
            return null;
        },
    };

    private static Option<double> Milliseconds(string name, string description, double usual) => AwsOptions.Positive(new Option<double>(name)
    {
        Description = description,
        HelpName = "MS",
        DefaultValueFactory = _ => usual,
    });
}
