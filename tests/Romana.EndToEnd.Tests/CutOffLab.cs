using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests;

/// <summary>
/// The hosts of a simulated VPC as network namespaces with their addresses, on a bridge in a namespace where the
/// controller runs. Nothing of the machine's own network is touched, and no packet leaves these namespaces.
/// </summary>
internal sealed partial class CutOffLab : IDisposable
{
    private const int NetworkKind = 0x40000000;
    private static int _made;
    private readonly List<string> _spaces = [];
    private readonly string _prefix = $"romana-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}";
    private readonly Dictionary<string, string> _ports = [];

    /// <param name="controller">An address for the controller inside <paramref name="length"/> bits that all hosts share.</param>
    public CutOffLab(AccountState account, string controller = "10.0.255.250", int length = 16)
    {
        try
        {
            Controller = Add("c");
            Batch(Controller, "link set lo up", "link add br0 address 02:00:00:00:00:01 type bridge", $"addr add {controller}/{length} dev br0", "link set br0 up");
            var number = 0;
            foreach (var instance in account.Instances.Values)
            {
                var (space, port) = (Add($"h{++number}"), $"v{number}");
                var address = account.Interfaces[instance.Interfaces[0]].Address;
                Batch(Controller, $"link add {port} type veth peer name eth0 netns {space}", $"link set {port} master br0 up");
                Batch(space, "link set lo up", $"addr add {address}/{length} dev eth0", "link set eth0 up");
                _ports[instance.Name] = port;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Name of the namespace in which the controller runs.</summary>
    public string Controller { get; }

    /// <summary>A listening socket on the loopback address of the controller's namespace; it stays there wherever it is used.</summary>
    public Socket Listen()
    {
        var socket = Open();
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen(100);
        return socket;
    }

    /// <summary>A TCP socket of the controller's namespace; what it binds or connects to is there.</summary>
    public Socket Open()
    {
        Socket? socket = null;
        Exception? fault = null;
        var inside = new Thread(() =>
        {
            try
            {
                using var space = File.OpenHandle($"/var/run/netns/{Controller}");
                if (SetNamespace((int)space.DangerousGetHandle(), NetworkKind) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
                socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            }
            catch (Exception error) when (error is Win32Exception or SocketException or IOException)
            {
                fault = error;
            }
        });

        // The thread belongs to the namespace from then on, so it ends here.
        inside.Start();
        inside.Join();
        return socket ?? throw new InvalidOperationException("no socket in the namespace", fault);
    }

    /// <summary>The host's cable is pulled.</summary>
    public void Cut(string host) => Batch(Controller, $"link set {_ports[host]} down");

    public void Mend(string host) => Batch(Controller, $"link set {_ports[host]} up");

    /// <summary>The controller's own cable is pulled: it sees nobody.</summary>
    public void CutController() => Batch(Controller, "link set br0 down");

    public void MendController() => Batch(Controller, "link set br0 up");

    public void Dispose()
    {
        foreach (var space in _spaces) Run($"netns del {space}", "");
        _spaces.Clear();
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int descriptor, int kind);

    private string Add(string name)
    {
        var space = $"{_prefix}-{name}";
        Run($"netns add {space}", "");
        _spaces.Add(space);
        return space;
    }

    private static void Batch(string space, params string[] lines) => Run($"-n {space} -batch -", string.Join('\n', lines) + "\n");

    private static void Run(string arguments, string input)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardInput = true, RedirectStandardError = true })!;
        ip.StandardInput.Write(input);
        ip.StandardInput.Close();
        var said = ip.StandardError.ReadToEnd();
        ip.WaitForExit();
        if (ip.ExitCode != 0) throw new InvalidOperationException($"ip {arguments}: {said}");
    }
}
