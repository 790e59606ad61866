using System.CommandLine;
using Romana.Cloud.Commands.Frame;

namespace Romana.Cloud.Commands.TopologyFiles;

/// <summary>`romana topology`: the group of commands about topology documents.</summary>
internal static class TopologyCommand
{
    public static Command Build(Surroundings around)
    {
        var command = new DocumentedCommand("topology", "Topology documents: draft, check, show, apply");
        command.Add(TopologyInitCommand.Build(around));
        command.Add(TopologyCheckCommand.Build(around));
        command.Add(TopologyShowCommand.Build(around));
        command.Add(Live.TopologyApplyCommand.Build(around));
        return command;
    }
}
