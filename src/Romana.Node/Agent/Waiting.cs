using Microsoft.Extensions.Logging;
using Romana.Ipam.Stores;

namespace Romana.Node.Agent;

/// <summary>Waits for what must be there before an agent can take part in anything.</summary>
internal sealed partial class Waiting(TimeProvider clock, ILogger log)
{
    /// <summary>Tries until it answers something: at start the controller may not have seen this host yet.</summary>
    public async Task<T> UntilAsync<T>(Func<CancellationToken, Task<T?>> look, string waitingFor, CancellationToken cancel)
        where T : class
    {
        for (var said = false; ; said = true)
        {
            try
            {
                if (await look(cancel).ConfigureAwait(false) is { } found) return found;
                if (!said) LogWaiting(waitingFor);
            }
            catch (StoreUnavailableException fault)
            {
                LogAway(waitingFor, fault.Message);
            }

            await Task.Delay(StoreLoop.AfterTrouble, clock, cancel).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "waiting for {What}")]
    private partial void LogWaiting(string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "waiting for {What}: {Why}")]
    private partial void LogAway(string what, string why);
}
