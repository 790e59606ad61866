using System.CommandLine;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Ipam.Attachments;
using Romana.Node.Install;
using Romana.Node.Linux;
using Romana.Node.Linux.Wiring;

namespace Romana.Node.Commands;

/// <summary>`romana-node install` and `romana-node uninstall`: the host's files, and the end of all that was made on it.</summary>
internal static class InstallCommands
{
    public static Command BuildInstall(NodeSurroundings around)
    {
        var (plugins, root, plugin) = (NodeOptions.Plugins(), Root(), Plugin());
        var command = new Command("install", "Puts the CNI plugin and the settings for networkd and NetworkManager in place; again: what changed") { plugins, root, plugin };
        command.SetAction(async (parsed, stop) =>
        {
            var place = parsed.GetRequiredValue(root);
            if (parsed.GetRequiredValue(plugin) is var built && !File.Exists(built))
            {
                await around.Error.WriteLineAsync($"romana-node: {built} is missing: build the plugin with 'make cni', or name it with --plugin PATH").ConfigureAwait(false);
                return ExitCode.BadInput;
            }

            var program = await File.ReadAllBytesAsync(parsed.GetRequiredValue(plugin), stop).ConfigureAwait(false);
            var written = new InstalledFiles(place).Put([NodeFiles.Plugin(parsed.GetRequiredValue(plugins), program), .. ForDaemons(place)]);
            foreach (var path in written) await around.Out.WriteLineAsync($"wrote {path}").ConfigureAwait(false);
            await around.Out.WriteLineAsync(written.IsEmpty ? "everything is in place" : Next(written)).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    public static Command BuildUninstall(NodeSurroundings around)
    {
        var (socket, root) = (NodeOptions.Socket(), Root());
        var pods = new Option<bool>("--with-pods") { Description = "Take running pods' links away too; without, a host with pods is left as it is" };
        var files = new Option<bool>("--files-only") { Description = "Leave the kernel alone" };
        var command = new Command("uninstall", "Takes away all that install and the agent put on this host: files, links, routes, rules, the nft table") { socket, root, pods, files };
        command.SetAction(async (parsed, stop) =>
        {
            if (!parsed.GetValue(files))
            {
                await using var wiring = PodWiring.Open(null, LinkTerms.None, NullLogger.Instance);
                var linked = await wiring.LookAsync(stop).ConfigureAwait(false);
                if (await RefusalAsync(parsed.GetRequiredValue(socket), linked, parsed.GetValue(pods), stop).ConfigureAwait(false) is { } why)
                {
                    await around.Error.WriteLineAsync($"romana-node: {why}").ConfigureAwait(false);
                    return ExitCode.Failed;
                }

                foreach (var pod in linked.GroupBy(seen => seen.Key))
                    await wiring.UnplugAsync(pod.Key, [.. pod.Select(seen => seen.Address)], stop).ConfigureAwait(false);
            }

            var changed = new InstalledFiles(parsed.GetRequiredValue(root)).RemoveAll();
            foreach (var path in changed) await around.Error.WriteLineAsync($"romana-node: {path} was changed since it was installed and stays: remove it by hand").ConfigureAwait(false);
            var removed = parsed.GetValue(files) ? 0 : new KernelResidue(null).Remove();
            await around.Out.WriteLineAsync(parsed.GetValue(files) ? "the files are gone" : $"the files are gone, and {removed} routes, rules and tables of the kernel").ConfigureAwait(false);
            return changed.IsEmpty ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    /// <summary>Null: nothing stands in the way.</summary>
    private static async Task<string?> RefusalAsync(string socket, IEnumerable<SeenAttachment> linked, bool withPods, CancellationToken stop)
    {
        if (await AnswersAsync(socket, stop).ConfigureAwait(false)) return $"an agent answers on {socket} and would put everything back: stop it first (systemctl disable --now romana-node)";
        var pods = linked.Select(seen => seen.Key).Distinct().Count();
        return pods > 0 && !withPods ? $"{pods} pods of this host have links of ours: drain the host first, or say --with-pods to cut them off" : null;
    }

    private static async Task<bool> AnswersAsync(string path, CancellationToken stop)
    {
        if (!File.Exists(path)) return false;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop).ConfigureAwait(false);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>For those of them that this machine has.</summary>
    private static IEnumerable<NodeFile> ForDaemons(string root)
    {
        var systemd = Directory.Exists(Path.Combine(root, "etc/systemd")) ? NodeFiles.ForNetworkd() : [];
        return Directory.Exists(Path.Combine(root, "etc/NetworkManager")) ? [.. systemd, NodeFiles.ForNetworkManager()] : systemd;
    }

    private static string Next(IEnumerable<string> written) =>
        written.Any(path => path.StartsWith("/etc/systemd/network", StringComparison.Ordinal) || path.StartsWith("/etc/NetworkManager", StringComparison.Ordinal))
            ? "networkd and NetworkManager read their settings when they start: systemctl try-restart systemd-networkd NetworkManager, before the agent is started"
            : "start the agent: systemctl enable --now romana-node";

    private static Option<string> Root() => new("--root")
    {
        Description = "Where the host's file system is, as a container sees it",
        HelpName = "DIR",
        DefaultValueFactory = _ => "/",
    };

    private static Option<string> Plugin() => new("--plugin")
    {
        Description = "The CNI plugin's program (default: romana-cni beside this program)",
        HelpName = "PATH",
        DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "romana-cni"),
    };
}
