using System.CommandLine;

namespace Romana.Cloud.Commands.Frame;

/// <summary>A command as one types it: "romana topology show".</summary>
public static class CommandPath
{
    public static string Of(Command command)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (command is RootCommand) return "romana";
        var parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? command.Name : $"{Of(parent)} {command.Name}";
    }
}
