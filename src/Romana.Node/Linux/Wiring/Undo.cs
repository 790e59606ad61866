namespace Romana.Node.Linux.Wiring;

/// <summary>Takes back what was done, newest first, unless it is said that all of it shall stand.</summary>
internal sealed class Undo : IDisposable
{
    private readonly Stack<Action> _steps = new();

    public void Add(Action step) => _steps.Push(step);

    public void Keep() => _steps.Clear();

    /// <summary>One step that cannot be taken back keeps none of the others from it.</summary>
    public void Dispose()
    {
        List<Exception> faults = [];
        while (_steps.TryPop(out var step))
        {
            try
            {
                step();
            }
            catch (IOException fault)
            {
                faults.Add(fault);
            }
        }

        if (faults.Count > 0) throw new IOException("not all could be undone: " + string.Join("; ", faults.Select(fault => fault.Message)), faults[0]);
    }
}
