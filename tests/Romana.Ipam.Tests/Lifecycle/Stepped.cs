namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>Work in steps, between which others act; what was only in memory is gone when its process dies.</summary>
internal sealed class Stepped(Func<IAsyncEnumerable<bool>> begin)
{
    private IAsyncEnumerator<bool>? _run;

    public bool IsRunning => _run is not null;

    /// <summary>A fault ends the work as it ends a pass of the real loops: it begins anew next time.</summary>
    public async Task StepAsync(int steps)
    {
        _run ??= begin().GetAsyncEnumerator();
        try
        {
            for (; steps > 0; steps--)
            {
                if (await _run.MoveNextAsync()) continue;
                await StopAsync();
                return;
            }
        }
        catch (Exception)
        {
            await StopAsync();
            throw;
        }
    }

    public async Task StopAsync()
    {
        if (_run is { } run) await run.DisposeAsync();
        _run = null;
    }
}
