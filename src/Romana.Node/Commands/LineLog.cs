using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Romana.Node.Commands;

/// <summary>Logs as plain lines: time, level when it is not plain information, message.</summary>
internal sealed class LineLog(TextWriter writer, TimeProvider clock) : ILoggerProvider
{
    private readonly Lock _gate = new();

    public static ILoggerFactory Factory(NodeSurroundings around) => LoggerFactory.Create(logs =>
        logs.AddProvider(new LineLog(around.Error, around.Clock)).SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning));

    public ILogger CreateLogger(string categoryName) => new Lines(this);

    public void Dispose()
    {
        // The writer is the program's.
    }

    private void Write(LogLevel level, string message)
    {
        var word = level switch { LogLevel.Information => "", LogLevel.Warning => "warning: ", _ => "error: " };
        lock (_gate)
        {
            writer.WriteLine($"{clock.GetUtcNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)} {word}{message}");
            writer.Flush();
        }
    }

    private sealed class Lines(LineLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) log.Write(logLevel, formatter(state, exception));
        }
    }
}
