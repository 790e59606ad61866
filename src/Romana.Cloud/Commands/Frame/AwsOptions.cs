using System.CommandLine;
using System.Globalization;

namespace Romana.Cloud.Commands.Frame;

/// <summary>Which VPC, and how to treat it: controller, plan, apply, preflight aws, uninstall, topology init aws.</summary>
public static class AwsOptions
{
    public static readonly Option<string?> Vpc = new("--vpc")
    {
        Description = "The VPC whose route tables Romana keeps (default: the one that the store has routes in)",
        HelpName = "ID",
    };

    public static readonly Option<string?> Region = new("--region")
    {
        Description = "AWS region (default: as the AWS SDK finds it: AWS_REGION, profile, instance metadata)",
        HelpName = "REGION",
    };

    public static readonly Option<string?> Endpoint = new("--endpoint")
    {
        Description = "Another EC2 endpoint, such as http://127.0.0.1:4566",
        HelpName = "URL",
    };

    public static readonly Option<string> Tables = MakeTables();

    public static readonly Option<string?> Inventory = new("--inventory")
    {
        Description = "Read the hosts (name, ip, labels) from this file instead of from EC2's tagged instances",
        HelpName = "FILE",
    };

    public static readonly Option<bool> Adopt = new("--adopt")
    {
        Description = "Take over routes of others that stand where ours should; those with another target are replaced (romana plan shows which)",
    };

    public static readonly Option<double> Settle = NotNegative(new Option<double>("--settle")
    {
        Description = "Seconds between a create and the removal that depends on it",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 10,
    });

    public static readonly Option<double> RateScale = Positive(new Option<double>("--rate-scale")
    {
        Description = "Multiple of EC2's own rate limits to keep to",
        HelpName = "X",
        DefaultValueFactory = _ => 1,
    });

    public static readonly Option<bool> NewStore = new("--new-store")
    {
        Description = "Start with an empty store on purpose: without it, nothing is granted until known hosts have reported",
    };

    /// <summary>Adds them all.</summary>
    public static void AddAws(this Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        foreach (Option option in (Option[])[Vpc, Region, Endpoint, Tables, Inventory, Adopt, Settle, RateScale, NewStore]) command.Add(option);
    }

    private static Option<string> MakeTables()
    {
        var option = new Option<string>("--tables")
        {
            Description = "Which route tables: all that a subnet of the VPC uses, those with the tag romana.io/cluster (tag), those of subnets with hosts (hosts)",
            HelpName = "all|tag|hosts",
            DefaultValueFactory = _ => "all",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: not ("all" or "tag" or "hosts") and var word }]) result.AddError($"--tables {word}: write all, tag or hosts");
        });
        return option;
    }

    internal static Option<double> NotNegative(Option<double> option) => Bounded(option, value => value >= 0, "0 or more");

    internal static Option<double> Positive(Option<double> option) => Bounded(option, value => value > 0, "more than 0");

    private static Option<double> Bounded(Option<double> option, Func<double, bool> holds, string want)
    {
        // A validator would read the value, which throws when it is no number at all.
        option.CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && holds(value)) return value;
            result.AddError($"{option.Name} {text}: a number {want} is wanted");
            return 0;
        };
        return option;
    }
}
