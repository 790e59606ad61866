using Microsoft.Extensions.Logging.Abstractions;
using Romana.Node.Cni;
using Romana.Node.Linux.Wiring;
using Romana.Node.Tests.Cni;

namespace Romana.Node.Kernel.Tests.Wiring;

public sealed class PodWiringContractTests : WiringContract, IAsyncLifetime
{
    private readonly Sandbox _host = Sandbox.Create();
    private readonly Pods _pods = new();
    private PodWiring _wiring = null!;

    private protected override IPodWiring Wiring => _wiring;

    public ValueTask InitializeAsync()
    {
        _wiring = PodWiring.Open(_host.Space, LinkTerms.None, NullLogger.Instance);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _wiring.DisposeAsync();
        _pods.Dispose();
        _host.Dispose();
    }

    private protected override string NewPod() => _pods.New();

    private protected override void DropPod(string path) => _pods.Drop(path);

    private protected override void TakeInterface(string path, string name) => _pods[path].Ip($"link add {name} type veth peer name other");
}
