using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>A route as it counts for forwarding.</summary>
/// <param name="Host">Index of the host behind the target; -1 for anything else.</param>
internal readonly record struct Hop(Cidr Destination, string Target, int Host);

/// <summary>
/// The address space of one family cut into ranges that share their longest match. A static route with the same
/// destination as a propagated one must have replaced it in the input.
/// </summary>
internal sealed class LongestMatch
{
    /// <summary>Index of an address that no route matches.</summary>
    public const int Unmatched = -1;

    private readonly List<UInt128> _starts = [0];
    private readonly List<int> _hops = [Unmatched];

    public LongestMatch(IEnumerable<Hop> hops)
    {
        Hops = [.. hops.OrderBy(hop => hop.Destination)];
        var open = new Stack<int>();
        for (var i = 0; i < Hops.Count; i++)
        {
            CloseBefore(open, Hops[i].Destination.First.Bits);
            open.Push(i);
            Cut(Hops[i].Destination.First.Bits, i);
        }

        CloseBefore(open, null);
    }

    public List<Hop> Hops { get; }

    /// <summary>The ranges of a block in order: last address and index into <see cref="Hops"/>, or <see cref="Unmatched"/>.</summary>
    public IEnumerable<(UInt128 Last, int Hop)> Ranges(Cidr block)
    {
        var last = block.Last.Bits;
        for (var at = IndexOf(block.First.Bits); at < _starts.Count && _starts[at] <= last; at++)
        {
            var end = at + 1 < _starts.Count ? _starts[at + 1] - 1 : UInt128.MaxValue;
            yield return (UInt128.Min(end, last), _hops[at]);
        }
    }

    private int IndexOf(UInt128 address)
    {
        var at = _starts.BinarySearch(address);
        return at >= 0 ? at : ~at - 1;
    }

    private void CloseBefore(Stack<int> open, UInt128? next)
    {
        while (open.TryPeek(out var top) && (next is null || Hops[top].Destination.Last.Bits < next))
        {
            open.Pop();
            var last = Hops[top].Destination.Last.Bits;
            if (last != UInt128.MaxValue) Cut(last + 1, open.TryPeek(out var under) ? under : Unmatched);
        }
    }

    private void Cut(UInt128 start, int hop)
    {
        if (_starts[^1] == start) _hops[^1] = hop;
        else
        {
            _starts.Add(start);
            _hops.Add(hop);
        }
    }
}
