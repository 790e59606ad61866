using Microsoft.Extensions.Logging;
using Romana.Node.Install;

namespace Romana.Node.Agent;

/// <summary>
/// The runtime takes a host for ready as soon as it finds a network configuration: so it appears when pods can be served,
/// and not before. It stays when the agent ends: pods go on, and an ADD in between is answered with code 11.
/// </summary>
internal sealed partial class ConflistFile(AgentOptions options, string folder, ILogger log)
{
    private readonly InstalledFiles _files = new(options.Root);
    private string _said = "";

    /// <summary>Puts it there if it is missing. A file of somebody else's of that name is told once and stays.</summary>
    public void Show()
    {
        try
        {
            foreach (var path in _files.Put([NodeFiles.Conflist(folder, options.Socket, NodeFiles.Chainable(options.Root, options.Plugins))])) LogShown(path);
            _said = "";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            if (fault.Message == _said) return;
            _said = fault.Message;
            LogFailed(fault.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "pods can be served: {Path} tells the runtime")]
    private partial void LogShown(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the runtime cannot be told that pods can be served: {Why}")]
    private partial void LogFailed(string why);
}
