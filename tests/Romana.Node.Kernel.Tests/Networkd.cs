using System.Diagnostics;
using Romana.Node.Install;
using Romana.Node.Kernel.Tests.Fabric;

namespace Romana.Node.Kernel.Tests;

/// <summary>
/// systemd-networkd at work in a node's namespace, with a configuration and a /run of its own that go with the process. A
/// read-only /sys tells it that there is no udev to wait for.
/// </summary>
internal sealed class Networkd : IDisposable
{
    private const string Program = "/lib/systemd/systemd-networkd";

    private const string Start = $$"""
        set -e
        mount --make-rprivate /
        mount -t tmpfs tmpfs /etc/systemd
        mkdir -p /etc/systemd/network /etc/systemd/networkd.conf.d
        cp -r "$0"/. /etc/systemd/
        mount -t tmpfs tmpfs /run
        mkdir -p /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp
        chown -R systemd-network /run/systemd/netif
        mount -t sysfs -o ro sysfs /sys
        exec {{Program}}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("romana-networkd-").FullName;
    private readonly Process _process;

    /// <param name="node">Whose links it manages.</param>
    /// <param name="files">By their paths on a host, /etc/systemd/...</param>
    public Networkd(LabNode node, IEnumerable<NodeFile> files)
    {
        Assert.SkipUnless(File.Exists(Program), "there is no systemd-networkd here; on Debian: apt-get install systemd");
        foreach (var file in files)
        {
            var path = Path.Combine(_folder, Path.GetRelativePath("/etc/systemd", file.Path));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, file.Content.ToArray());
        }

        _process = node.Space.Run(() => Process.Start(new ProcessStartInfo("unshare", ["--mount", "sh", "-c", Start, _folder]) { RedirectStandardError = true })!);
        _process.ErrorDataReceived += (_, line) => Log.Enqueue(line.Data ?? "");
        _process.BeginErrorReadLine();
    }

    public System.Collections.Concurrent.ConcurrentQueue<string> Log { get; } = new();

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
