using System.CommandLine;
using Romana.Cloud.Commands.Output;

namespace Romana.Cloud.Commands.Frame;

/// <summary>Options that mean the same wherever they appear. One instance each: a command adds it and reads it by it.</summary>
public static class SharedOptions
{
    public static readonly Option<string> Store = MakeStore();

    public static readonly Option<string> Cluster = new("--cluster")
    {
        Description = "Name of the cluster, written into ledger and tags (default: $ROMANA_CLUSTER, else the store's, else default)",
        HelpName = "NAME",
        Recursive = true,
        DefaultValueFactory = _ => Variable("ROMANA_CLUSTER") ?? "default",
    };

    public static readonly Option<OutputFormat> Format = MakeFormat();

    /// <summary>Adds --store, --cluster and -o to a command on live state and to those below it.</summary>
    public static void AddLiveState(this Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        command.Add(Store);
        command.Add(Cluster);
        command.Add(Format);
    }

    /// <summary>The cluster that the user named, by the option or the environment; null when it would be the default.</summary>
    public static string? SaidCluster(ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        return parsed.GetResult(Cluster) is { Implicit: false } ? parsed.GetValue(Cluster) : Variable("ROMANA_CLUSTER");
    }

    private static Option<string> MakeStore()
    {
        var option = new Option<string>("--store")
        {
            Description = "SQLite file that holds the state, on a local disk (default: $ROMANA_STORE, else romana.db)",
            HelpName = "PATH",
            Recursive = true,
            DefaultValueFactory = _ => Variable("ROMANA_STORE") ?? "romana.db",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: "" }]) result.AddError("--store is empty: name the SQLite file, such as romana.db");
        });
        return option;
    }

    private static Option<OutputFormat> MakeFormat()
    {
        var option = new Option<OutputFormat>("--output", "-o")
        {
            // No default factory: `--help` would print the member's name, "Table".
            Description = "table, json or yaml [default: table]",
            HelpName = "FORMAT",
            Recursive = true,
        };
        option.CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (Enum.TryParse<OutputFormat>(text, ignoreCase: true, out var format) && Enum.IsDefined(format) && char.IsLetter(text[0])) return format;
            result.AddError($"-o {text}: there is no such format; write table, json or yaml");
            return default;
        };
        return option;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
