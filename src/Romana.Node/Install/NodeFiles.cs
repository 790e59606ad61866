using System.Text.Json;
using System.Text.Json.Nodes;

namespace Romana.Node.Install;

/// <summary>What the agent's files on a host say.</summary>
internal static class NodeFiles
{
    /// <summary>What every link that we make is called like: pods' and tagged ones.</summary>
    public const string PodLinks = "rom*", TaggedLinks = "rvlan*";

    private static readonly string[] Companions = ["portmap", "bandwidth"];

    private const string Head = "# Written by romana-node install; romana-node uninstall takes it away again.\n";

    /// <summary>The plugin, where the runtime looks for it.</summary>
    public static NodeFile Plugin(string folder, ReadOnlyMemory<byte> program) => new(Path.Combine(folder, "romana-cni"), program, NodeFile.Runnable);

    /// <summary>
    /// systemd-networkd takes away rules and routes that it did not make when it starts again, gives a new link another
    /// MAC address, and would configure links that match somebody's wide pattern.
    /// </summary>
    public static IReadOnlyList<NodeFile> ForNetworkd() =>
    [
        NodeFile.Text("/etc/systemd/networkd.conf.d/90-romana.conf", Head + """
            [Network]
            ManageForeignRoutes=no
            ManageForeignRoutingPolicyRules=no

            """),
        NodeFile.Text("/etc/systemd/network/05-romana.network", Head + $"""
            [Match]
            Name={PodLinks} {TaggedLinks}

            [Link]
            Unmanaged=yes

            """),
        NodeFile.Text("/etc/systemd/network/05-romana.link", Head + $"""
            [Match]
            OriginalName={PodLinks} {TaggedLinks}

            [Link]
            MACAddressPolicy=none
            NamePolicy=

            """),
    ];

    public static NodeFile ForNetworkManager() => NodeFile.Text("/etc/NetworkManager/conf.d/90-romana.conf", Head + $"""
        [keyfile]
        unmanaged-devices+=interface-name:{PodLinks};interface-name:{TaggedLinks}

        """);

    /// <summary>
    /// CNI spec 1.1, section 1: the network configuration list. The first file by name is the one that containerd, CRI-O
    /// and the kubelet take.
    /// </summary>
    /// <param name="chained">Plugins that run after ours.</param>
    public static NodeFile Conflist(string folder, string socket, IEnumerable<string> chained)
    {
        JsonArray plugins = [new JsonObject { ["type"] = "romana-cni", ["agentSocket"] = socket }];
        foreach (var name in chained) plugins.Add(Chained(name));
        var list = new JsonObject
        {
            ["cniVersion"] = "1.0.0",
            ["cniVersions"] = new JsonArray("0.3.1", "0.4.0", "1.0.0", "1.1.0"),
            ["name"] = "romana",
            ["plugins"] = plugins,
        };
        return NodeFile.Text(Path.Combine(folder, "10-romana.conflist"), list.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
    }

    /// <summary>Of the plugins that go well after ours, those that are installed: a runtime fails every pod over one that is missing.</summary>
    public static IEnumerable<string> Chainable(string root, string folder) =>
        Companions.Where(name => File.Exists(Path.Combine(root, folder.TrimStart('/'), name)));

    /// <summary>A runtime hands ports and rates only to a plugin that says that it takes them (CNI conventions, "Dynamic Plugin specific Fields").</summary>
    private static JsonObject Chained(string name)
    {
        var plugin = new JsonObject { ["type"] = name };
        if (name == "portmap") plugin["capabilities"] = new JsonObject { ["portMappings"] = true };
        if (name == "bandwidth") plugin["capabilities"] = new JsonObject { ["bandwidth"] = true };
        return plugin;
    }
}
