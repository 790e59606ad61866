using Romana.Cloud.Commands.Frame;

using var signals = new StopSignals();
return await RomanaProgram.RunAsync(args, Surroundings.OfProcess(), signals.Stop);
