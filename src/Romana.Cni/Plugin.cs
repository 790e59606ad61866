namespace Romana.Cni;

/// <summary>
/// One call from beginning to end: environment and standard input in, one answer out. Whatever can be decided without
/// the agent is decided here, so that a wrong call is told apart from a node that is not ready.
/// </summary>
internal sealed class Plugin(Func<string, string?> environment, TimeProvider clock)
{
    /// <param name="log">Where a note for people goes, beside the answer.</param>
    public Answer Run(Stream input, Action<string> log)
    {
        if (CniCall.Read(environment, out var wrong) is not { } call) return wrong!.In(CniVersion.Newest);
        if (Read(input) is not { } text)
            return new CniError(CniCode.InputOutput, "the network configuration cannot be read",
                $"standard input has no end or more than {NetworkConfiguration.MostBytes} bytes").In(CniVersion.Newest);
        if (call.Command == CniCommand.Version) return Versions(text);
        if (NetworkConfiguration.Read(text, out wrong) is not { } configuration) return wrong!.In(CniVersion.Newest);
        if (!CniVersion.Supported.Contains(configuration.Version) || !CniVersion.Has(configuration.Version, call.Command))
            return Incompatible(configuration.Version, call.Command);
        return Ask(call, configuration, log);
    }

    private Answer Ask(CniCall call, NetworkConfiguration configuration, Action<string> log)
    {
        var request = AgentRequest.Of(call, configuration);
        var reply = new AgentConnection(configuration.Socket, clock).Ask(request);
        if (reply is AgentReply.Answered answered) return new Answer(answered.IsError ? 1 : 0, answered.Text);
        var why = ((AgentReply.Away)reply).Reason;
        return call.Command == CniCommand.Del ? Later(call, configuration, request, why, log) : Away(call, configuration, why);
    }

    /// <summary>A runtime must not be kept from removing a pod: the agent finishes it when it is back.</summary>
    private static Answer Later(CniCall call, NetworkConfiguration configuration, AgentRequest request, string why, Action<string> log)
    {
        try
        {
            var file = PendingDeletes.Beside(configuration.Socket).Add(call, request);
            log($"romana-cni: {why}; DEL of {call.ContainerId}/{call.Interface} is kept in {file} and finished later");
            return Answer.Empty;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return new CniError(CniCode.InputOutput, "the DEL could not be kept for later", $"{why}; {fault.Message}").In(configuration.Version);
        }
    }

    private static Answer Away(CniCall call, NetworkConfiguration configuration, string why) => new CniError(
        call.Command == CniCommand.Status ? CniCode.NotAvailable : CniCode.TryAgainLater,
        "the node agent does not answer", $"{why}: see 'systemctl status romana-node' or the agent's pod on this node").In(configuration.Version);

    private static Answer Incompatible(string version, CniCommand command) => new CniError(
        CniCode.IncompatibleVersion, "incompatible CNI version",
        version.Length == 0 ? $"the configuration has no cniVersion: set one of {string.Join(", ", CniVersion.Supported)}"
        : CniVersion.Supported.Contains(version) ? $"{command.ToString().ToUpperInvariant()} is not part of CNI {version}"
        : $"cniVersion {version} is not one of {string.Join(", ", CniVersion.Supported)}")
        .In(CniVersion.Supported.Contains(version) ? version : CniVersion.Newest);

    /// <summary>Answered whatever the agent does, also to a question without a version.</summary>
    private static Answer Versions(ReadOnlyMemory<byte> text)
    {
        if (NetworkConfiguration.Read(text.IsEmpty ? "{}"u8.ToArray() : text, out var wrong) is not { } asked) return wrong!.In(CniVersion.Newest);
        var version = CniVersion.Supported.Contains(asked.Version) ? asked.Version : CniVersion.Newest;
        var all = string.Join(",", CniVersion.Supported.Select(one => $"\"{one}\""));
        return new Answer(0, $"{{\"cniVersion\":\"{version}\",\"supportedVersions\":[{all}]}}\n");
    }

    /// <summary>Null: more than any configuration has.</summary>
    private static ReadOnlyMemory<byte>? Read(Stream input)
    {
        using var text = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = input.Read(buffer)) > 0)
        {
            text.Write(buffer, 0, read);
            if (text.Length > NetworkConfiguration.MostBytes) return null;
        }

        return text.ToArray();
    }
}
