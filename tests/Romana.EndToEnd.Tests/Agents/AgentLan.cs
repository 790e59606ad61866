using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Romana.Ipam.Addressing;
using Romana.Node.Commands;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.EndToEnd.Tests.Agents;

/// <summary>A link in namespaces: the rig's instances of one subnet on it, each with an agent's process.</summary>
internal sealed class AgentLan : IDisposable
{
    private readonly NetworkNamespace _wire = NetworkNamespace.Create();
    private readonly List<AgentHost> _hosts = [];

    public AgentLan()
    {
        using var kernel = KernelNetwork.Open(_wire);
        // A bridge by the system's tool: nothing of ours makes one.
        foreach (var line in new[] { "link add br0 address 02:ff:00:00:00:01 type bridge forward_delay 0", "link set br0 up" })
            _wire.Run(() => Shell.Run("ip", line));
        foreach (var kind in new[] { "iptables", "ip6tables" }) Sysctl.Set(_wire, $"net/bridge/bridge-nf-call-{kind}", "0");
    }

    public AgentHost Add(Rig rig, string folder, string name)
    {
        var instance = rig.Vpc.State.FindInstance(name)!;
        var eni = rig.Vpc.State.Interfaces[rig.EniOf(name)];
        var host = new AgentHost(folder, name, instance.Id, eni.Address);
        _hosts.Add(host);
        using var wire = KernelNetwork.Open(_wire);
        using var kernel = KernelNetwork.Open(host.Space);
        Assert.Equal(OutcomeKind.Created, wire.Interfaces.AddVeth(new VethRequest(new VethEnd(name), new VethEnd("eth0")) { FarNamespace = host.Space.Handle }).Kind);
        var port = wire.Interfaces.Get(name)!;
        wire.Interfaces.Change(port.Index, new InterfaceChange { IsUp = true, Master = wire.Interfaces.Get("br0")!.Index });
        var device = kernel.Interfaces.Get("eth0")!.Index;
        foreach (var index in new[] { 1, device }) kernel.Interfaces.Change(index, new InterfaceChange { IsUp = true });
        kernel.Addresses.Add(new InterfaceAddress { Interface = device, Address = eni.Address, Length = rig.Vpc.State.Subnets[instance.SubnetId].Cidr.Length });
        return host;
    }

    public void Dispose()
    {
        foreach (var host in _hosts) host.Dispose();
        _wire.Dispose();
    }
}

/// <summary>One host: its namespace, its agent's process, its pods.</summary>
internal sealed class AgentHost(string folder, string name, string instance, IpAddress address) : IDisposable
{
    private readonly List<NetworkNamespace> _pods = [];
    private readonly List<Socket> _servers = [];

    public NetworkNamespace Space { get; } = NetworkNamespace.Create();

    public IpAddress Address => address;

    public RomanaProcess Agent { get; private set; } = null!;

    // A path of a socket has 107 characters at most.
    public string Socket { get; } = Path.Combine(folder, name, "s");

    public string Journal { get; } = Path.Combine(folder, $"{name}.db");

    public void Start() => Agent = Space.Run(() => RomanaProcess.Node(folder, Arguments));

    /// <summary>As in another boot: the kernel's id of it is another, for this process alone.</summary>
    public void StartInBoot(string id)
    {
        var file = Path.Combine(folder, $"{name}-boot");
        File.WriteAllText(file, id + "\n");
        Agent = Space.Run(() => RomanaProcess.NodeUnder(folder,
            ["unshare", "--mount", "sh", "-c", $"mount --bind '{file}' /proc/sys/kernel/random/boot_id && exec \"$@\"", "sh"], Arguments));
    }

    private string[] Arguments =>
    [
        "agent", "--store", Path.Combine(folder, "romana.db"), "--journal", Journal, "--socket", Socket,
        "--name", name, "--instance-id", instance, "--machine-id", name,
    ];

    public async Task<JsonElement> StatusAsync()
    {
        using var page = JsonDocument.Parse(await AgentSocket.GetAsync(Socket, "/status", Rig.Bounded()));
        return page.RootElement.Clone();
    }

    /// <summary>Until it says itself that it can serve pods.</summary>
    public Task ReadyAsync(Rig rig) => rig.UntilAsync(() => IsReady(), $"a ready agent on {name}: {Agent.Errors}");

    /// <summary>As the plugin asks; a server answers in the pod.</summary>
    public async Task<(NetworkNamespace Pod, IpAddress Address)> AddAsync(string container)
    {
        var (pod, status, text) = await TryAddAsync(container);
        Assert.True(status == HttpStatusCode.OK, $"{text}\n{Agent.Errors}");
        using var result = JsonDocument.Parse(text);
        var cidr = result.RootElement.GetProperty("ips")[0].GetProperty("address").GetString()!;
        _servers.Add(pod.Run(Serve));
        return (pod, IpAddress.Parse(cidr.Split('/')[0]));
    }

    /// <summary>The answer, whatever it is.</summary>
    public async Task<(NetworkNamespace Pod, HttpStatusCode Status, string Text)> TryAddAsync(string container)
    {
        var pod = NetworkNamespace.Create();
        _pods.Add(pod);
        try
        {
            var (status, text) = await CniAsync("ADD", container, $"/proc/{Environment.ProcessId}/fd/{pod.Handle.Handle}");
            return (pod, status, text);
        }
        catch (HttpRequestException away)
        {
            return (pod, HttpStatusCode.ServiceUnavailable, away.Message);
        }
    }

    /// <summary>The pod ends without a word: its server and its namespace are gone.</summary>
    public void Forget(NetworkNamespace pod)
    {
        var at = _pods.IndexOf(pod);
        _servers[at].Dispose();
        _pods.Remove(pod);
        _servers.RemoveAt(at);
        pod.Dispose();
    }

    public async Task DeleteAsync(string container) => Assert.Equal(HttpStatusCode.OK, (await CniAsync("DEL", container, "")).Status);

    /// <summary>The caller's address as the pod saw it; null: no answer.</summary>
    public static async Task<string?> AskAsync(NetworkNamespace from, IpAddress to)
    {
        using var socket = from.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        try
        {
            await socket.ConnectAsync(new IPEndPoint(to.ToIPAddress(), 8080), limit.Token);
            var buffer = new byte[64];
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token));
        }
        catch (Exception none) when (none is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        Agent?.Dispose();
        foreach (var server in _servers) server.Dispose();
        foreach (var pod in _pods) pod.Dispose();
        Space.Dispose();
    }

    private bool IsReady()
    {
        try
        {
            var page = StatusAsync().GetAwaiter().GetResult();
            return page.GetProperty("waiting").ValueKind == JsonValueKind.Null && page.GetProperty("troubles").GetArrayLength() == 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task<(HttpStatusCode Status, string Text)> CniAsync(string command, string container, string path)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), stop);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler);
        var request = JsonSerializer.Serialize(new
        {
            command,
            containerId = container,
            ifname = "eth0",
            netns = path,
            args = "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=" + container,
            config = new { cniVersion = "1.1.0", name = "romana", type = "romana-cni" },
        });
        using var content = new StringContent(request, Encoding.UTF8, "application/json");
        using var reply = await client.PostAsync(new Uri("http://agent/cni"), content, Rig.Bounded());
        return (reply.StatusCode, await reply.Content.ReadAsStringAsync(Rig.Bounded()));
    }

    private static Socket Serve()
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Any, 8080));
        server.Listen();
        _ = AnswerAsync(server);
        return server;
    }

    private static async Task AnswerAsync(Socket server)
    {
        try
        {
            while (true)
            {
                using var caller = await server.AcceptAsync();
                await caller.SendAsync(Encoding.ASCII.GetBytes(((IPEndPoint)caller.RemoteEndPoint!).Address.ToString()), SocketFlags.None);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
