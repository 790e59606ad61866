using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Romana.Cloud.Commands.Live;

/// <summary>Logs as plain lines on the error writer: time, level when it is not plain information, message.</summary>
internal sealed class LineLogs(TextWriter writer, TimeProvider clock, LogLevel least = LogLevel.Information) : ILoggerProvider
{
    private readonly Lock _gate = new();

    public static ILoggerFactory Factory(TextWriter writer, TimeProvider clock) =>
        LoggerFactory.Create(logs => logs.AddProvider(new LineLogs(writer, clock)).SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)

            // What keeps the API from starting is told once, as the command's own message with its remedy.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None).AddFilter("Amazon", LogLevel.Error).AddFilter("AWSSDK", LogLevel.Error));

    public ILogger CreateLogger(string categoryName) => new Lines(this);

    public void Dispose()
    {
        // The writer is the program's.
    }

    private void Write(LogLevel level, string message, Exception? error)
    {
        var time = clock.GetUtcNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var word = level switch
        {
            LogLevel.Information => "",
            LogLevel.Warning => "warning: ",
            _ => "error: ",
        };
        lock (_gate)
        {
            writer.WriteLine($"{time} {word}{message}");
            if (error is not null) writer.WriteLine($"{time} {error}");
            writer.Flush();
        }
    }

    private sealed class Lines(LineLogs logs) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= logs.Least;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) logs.Write(logLevel, formatter(state, exception), exception);
        }
    }

    private LogLevel Least => least;
}
