using Romana.Node.Cni;

namespace Romana.Node.Tests.Cni;

public sealed class FakeWiringTests : WiringContract
{
    private readonly FakeWiring _wiring = new();
    private int _pods;

    private protected override IPodWiring Wiring => _wiring;

    private protected override string NewPod() => $"/run/netns/{++_pods}";

    private protected override void DropPod(string path) => _wiring.Gone.Add(path);

    private protected override void TakeInterface(string path, string name) => _wiring.Taken.Add((path, name));
}
