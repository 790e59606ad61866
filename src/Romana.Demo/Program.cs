using System.Runtime.InteropServices;
using Romana.Demo.Show;

const int done = 0;
const int badUsage = 2;

if (!DemoOptions.TryParse(args, out var options, out var reason))
{
    Console.Error.WriteLine($"romana-demo: {reason}\n\n{DemoOptions.Usage}");
    return badUsage;
}

if (options.Help)
{
    Console.WriteLine(DemoOptions.Usage);
    return done;
}

if ((options.Romana ?? RomanaChild.Find()) is not { } program)
{
    Console.Error.WriteLine("romana-demo: the program `romana` is not built: run `make run`, or name it with --romana PATH");
    return badUsage;
}

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await new DemoRun(options, Screen.OfProcess(), program, TimeProvider.System).RunAsync(stop.Token);
