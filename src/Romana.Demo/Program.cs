using System.Runtime.InteropServices;
using Romana.Demo.Show;

// Set and empty means nothing (https://no-color.org); the library that prints takes it for a wish.
if (Environment.GetEnvironmentVariable("NO_COLOR") is "") Environment.SetEnvironmentVariable("NO_COLOR", null);

const int failed = 1;
const int badUsage = 2;

if (!DemoOptions.TryParse(args, out var options, out var reason))
{
    Console.Error.WriteLine($"romana-demo: {reason}\n\n{DemoOptions.Usage}");
    return badUsage;
}

if (options.Help)
{
    Console.WriteLine(DemoOptions.Usage);
    return 0;
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

// SIGHUP: the terminal was closed.
PosixSignalRegistration[] signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(one => PosixSignalRegistration.Create(one, Stop))];
try
{
    return await new DemoRun(options, Screen.OfProcess(stop.Cancel), program, TimeProvider.System).RunAsync(stop.Token);
}
#pragma warning disable CA1031 // The edge of the program: whatever went wrong is one line.
catch (Exception fault)
#pragma warning restore CA1031
{
    Console.Error.WriteLine($"romana-demo: {fault.Message}");
    return failed;
}
finally
{
    foreach (var signal in signals) signal.Dispose();
}
