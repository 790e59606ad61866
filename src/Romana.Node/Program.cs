using System.Runtime.InteropServices;
using Romana.Node.Commands;

using var stop = new CancellationTokenSource();

// The first signal lets work end cleanly, a second one ends the process at once.
void OnSignal(PosixSignalContext signal)
{
    if (stop.IsCancellationRequested) return;
    signal.Cancel = true;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
return await NodeProgram.RunAsync(args, new NodeSurroundings(Console.Out, Console.Error, TimeProvider.System), stop.Token);
