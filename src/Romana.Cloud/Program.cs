using Romana.Cloud.Commands.Frame;

// Set and empty means nothing (https://no-color.org); the library that prints takes it for a wish.
if (Environment.GetEnvironmentVariable("NO_COLOR") is "") Environment.SetEnvironmentVariable("NO_COLOR", null);

using var signals = new StopSignals();
return await RomanaProgram.RunAsync(args, Surroundings.OfProcess(), signals.Stop);
