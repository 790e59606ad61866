namespace Romana.Node.Cni;

/// <summary>One at a time per key; different keys do not wait for each other. A key that nobody uses costs nothing.</summary>
internal sealed class KeyedTurns<TKey>
    where TKey : notnull
{
    private readonly Dictionary<TKey, (SemaphoreSlim Gate, int Users)> _gates = [];

    public async Task<IDisposable> TakeAsync(TKey key, CancellationToken cancel)
    {
        SemaphoreSlim gate;
        lock (_gates)
        {
            var known = _gates.GetValueOrDefault(key);
            gate = known.Gate ?? new SemaphoreSlim(1, 1);
            _gates[key] = (gate, known.Users + 1);
        }

        try
        {
            await gate.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch
        {
            Leave(key);
            throw;
        }

        return new Turn(this, key, gate);
    }

    private void Leave(TKey key)
    {
        lock (_gates)
        {
            var (gate, users) = _gates[key];
            if (users > 1) _gates[key] = (gate, users - 1);
            else
            {
                _gates.Remove(key);
                gate.Dispose();
            }
        }
    }

    private sealed class Turn(KeyedTurns<TKey> turns, TKey key, SemaphoreSlim gate) : IDisposable
    {
        public void Dispose()
        {
            gate.Release();
            turns.Leave(key);
        }
    }
}
