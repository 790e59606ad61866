namespace Romana.Model.Tests;

/// <summary>
/// The fingerprints of all states seen, 64 bits each, in one open table that two threads fill at once. Ten million
/// states of which two share a fingerprint, so that one goes unlooked at, are a chance of three in a million.
/// </summary>
internal sealed class Visited
{
    private ulong[] _slots = new ulong[1 << 20];

    /// <summary>True for one caller only, whoever else adds the same at that moment.</summary>
    public bool Add(ulong print)
    {
        var mask = _slots.Length - 1;
        for (var at = (int)(print >> 16) & mask; ; at = at + 1 & mask)
        {
            var there = Volatile.Read(ref _slots[at]);
            if (there == 0) there = Interlocked.CompareExchange(ref _slots[at], print, 0);
            if (there == 0) return true;
            if (there == print) return false;
        }
    }

    /// <summary>Between two levels, when nobody adds.</summary>
    public void MakeRoom(long count)
    {
        if (count * 2 <= _slots.Length) return;
        var old = _slots;
        _slots = new ulong[System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)count * 2)];
        foreach (var print in old)
            if (print != 0) Add(print);
    }
}

/// <summary>The states of one breadth-first level, word after word.</summary>
internal sealed class Level(int size)
{
    private uint[] _words = new uint[size * 64];

    public List<(int From, ulong Print)> Origins { get; } = [];

    public int Count => Origins.Count;

    public void Add(uint[] state, int from, ulong print)
    {
        var at = Count * size;
        if (at + size > _words.Length) Array.Resize(ref _words, _words.Length * 2);
        state.CopyTo(_words, at);
        Origins.Add((from, print));
    }

    public void Read(int index, uint[] into) => Array.Copy(_words, index * size, into, 0, size);
}
