using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Wiring;

namespace Romana.Node.Child;

/// <summary>
/// FOLDER NAMESPACE: serves pods of the host that the namespace plays, until standard input ends. At a line "kill N" it
/// makes ready to kill itself, as kill -9 does, after the Nth change of a pod's link from then on; it says so.
/// </summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        if (args is not [var folder, var path] || !NetworkNamespace.TryOpen(path, out var space, out _)) return 2;
        using (space)
        {
            using var logs = new DeadlySteps();
            await using var node = await LocalNode.StartAsync(folder, space, LinkTerms.None, logs);
            Console.WriteLine("listening");
            while (await Console.In.ReadLineAsync() is { } line)
            {
                logs.Left = int.Parse(line["kill ".Length..], CultureInfo.InvariantCulture);
                Console.WriteLine("ready");
            }
        }

        return 0;
    }

    /// <summary>Counts what is logged as done.</summary>
    private sealed class DeadlySteps : ILoggerFactory, ILogger
    {
        private int _left;

        /// <summary>Changes until the end; none is never.</summary>
        public int Left { set => Volatile.Write(ref _left, value); }

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Trace;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel != LogLevel.Trace || Interlocked.Decrement(ref _left) != 0) return;
            Console.WriteLine(formatter(state, exception));
            Process.GetCurrentProcess().Kill();
            new ManualResetEvent(false).WaitOne();
        }

        public void Dispose()
        {
        }
    }
}
