using System.Diagnostics;
using System.Text.Json;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>
/// A network namespace of one test. It has no name: nothing of it is left when its descriptors are closed, also when the
/// test process is killed, and copies of the tests run beside each other.
/// </summary>
internal sealed class Sandbox : IDisposable
{
    private Sandbox(NetworkNamespace space)
    {
        Space = space;
        Kernel = KernelNetwork.Open(space);
    }

    public NetworkNamespace Space { get; }

    public KernelNetwork Kernel { get; }

    public static Sandbox Create()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces takes root");
        return new Sandbox(NetworkNamespace.Create());
    }

    /// <summary>With lo up and a veth pair va (10.9.0.1/24, fd00:9::1/64) and vb, both up.</summary>
    public static Sandbox WithPair()
    {
        var sandbox = Create();
        sandbox.Ip("link set lo up");
        sandbox.Ip("link add va type veth peer name vb");
        sandbox.Ip("link set va up");
        sandbox.Ip("link set vb up");
        sandbox.Ip("addr add 10.9.0.1/24 dev va");
        sandbox.Ip("-6 addr add fd00:9::1/64 dev va nodad");
        return sandbox;
    }

    public int Va => Index("va");

    public int Index(string name) => Interface(name).Index;

    public Interface Interface(string name) => Kernel.Interfaces.Get(name) ?? throw new InvalidOperationException($"there is no {name}");

    /// <summary>Runs `ip` in the namespace; what it prints.</summary>
    public string Ip(string arguments) => Run("ip", arguments);

    public JsonElement[] IpJson(string arguments)
    {
        var text = Ip("-d -j " + arguments);
        // `ip` prints nothing, or an empty object, for an empty list.
        return text.Trim().Length == 0 ? [] : [.. JsonDocument.Parse(text).RootElement.EnumerateArray().Where(item => item.EnumerateObject().Any())];
    }

    public string Run(string program, string arguments, string input = "") => Space.Run(() =>
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        using var process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {arguments}: {error.Result}");
        return output;
    });

    public void Dispose()
    {
        Kernel.Dispose();
        Space.Dispose();
    }
}
