namespace Romana.Model.Tests;

/// <summary>States that differ only in the names of hosts, or in the order of a leader's writes, are one.</summary>
internal sealed class Canonical(Mutation mutation)
{
    /// <summary>Who does not compare UIDs takes what is lent to its name: then names matter.</summary>
    private readonly bool _symmetric = mutation != Mutation.UidNotCompared;

    /// <summary>These mutations read what no rule reads otherwise.</summary>
    private readonly bool _tidy = mutation is not (Mutation.EpochNotCompared or Mutation.UidNotCompared or Mutation.KeyWithMask);

    private static readonly int[][] Orders =
        [[0, 1, 2, 3], [0, 1, 3, 2], [0, 2, 1, 3], [0, 3, 1, 2], [0, 2, 3, 1], [0, 3, 2, 1]];

    /// <summary>May write to what it is given.</summary>
    public uint[] Of(uint[] state)
    {
        if (_tidy) Tidy(state);
        SortWrites(state);

        // A stale leader that has nothing left to send may as well read again and be stale again: it can do all that
        // one who never read can do, and nothing else. So it need not be told from one.
        if (At.Stage(state, 1) == 2 && state[At.Writes + At.WritesEach - 1] == 0) At.SetStage(state, 1, 0);
        if (!_symmetric) return state;
        ReadOnlySpan<ulong> keys = [0, Key(state, 1), Key(state, 2), Key(state, 3)];
        uint[]? best = null;
        foreach (var names in Orders)
        {
            // Most renamings are ruled out by what distinguishes the hosts: the one with the least key is named 1.
            if (!InOrder(keys, names)) continue;
            var renamed = names == Orders[0] ? state : Rename(state, names);
            if (best is null || renamed.AsSpan().SequenceCompareTo(best) < 0) best = renamed;
        }

        return best!;
    }

    /// <summary>Store and journals alone, without what anybody has read or is about to do.</summary>
    public uint[] Outlook(uint[] state)
    {
        var shown = (uint[])state.Clone();
        for (var host = 0; host < 3; host++) shown[At.Agents + host] &= 0xffff;
        Array.Clear(shown, At.TopologyRead, At.FreshWrite + 1 - At.TopologyRead);
        for (var leader = 0; leader < 2; leader++) At.SetStage(shown, leader, 0);
        return Of(shown);
    }

    /// <summary>
    /// Forgets what can make no difference any more: a returned row below the record's epoch, and below that of the
    /// copy of the store that may be put back, since no grant of its epoch can come again; which mask a free slot had, since delays are not counted.
    /// </summary>
    public static void Tidy(uint[] state)
    {
        for (var index = 0; index < 2; index++)
        {
            var record = At.Rec(state, index);
            if (record.Intent == Intent.Free) state[At.Records + index] = Rec.Spec((Slot)index, Intent.Free, 0, record.Epoch, Why.None, true);
        }

        var mayGoBack = (state[At.Run] & (At.Copied | At.Restored)) == At.Copied;
        for (var host = 1; host <= 3; host++)
        {
            var agent = At.Agent(state, host);
            if (agent.Stage == 0) state[At.Agents + host - 1] = TidyRows(agent, state, mayGoBack).Bits;
        }
    }

    private static Agent TidyRows(Agent agent, uint[] state, bool mayGoBack)
    {
        if (agent.Row(Slot.Both) == 2)
        {
            // Only the highest epoch of what begins at one address counts.
            var epoch = agent.Epoch(Slot.Both);
            if (agent.Row(Slot.Low) == 0) agent = agent.With(Slot.Low, epoch, 2).With(Slot.Both, 0, 0);
            else if (agent.Epoch(Slot.Low) >= epoch) agent = agent.With(Slot.Both, 0, 0);
            else if (agent.Row(Slot.Low) == 2) agent = agent.With(Slot.Low, epoch, 2).With(Slot.Both, 0, 0);
        }
        else if (agent.Row(Slot.Both) == 1 && agent.Row(Slot.Low) == 2 && agent.Epoch(Slot.Low) <= agent.Epoch(Slot.Both))
        {
            agent = agent.With(Slot.Low, 0, 0);
        }

        for (var slot = Slot.Low; slot <= Slot.High; slot++)
        {
            if (agent.Row(slot) == 2 && IsBelow(agent.Epoch(slot), At.Rec(state, (int)slot))
                && (!mayGoBack || IsBelow(agent.Epoch(slot), new Rec(state[At.Backup + 1 + (int)slot]))))
                agent = agent.With(slot, 0, 0);
        }

        return agent;
    }

    private static bool IsBelow(int epoch, Rec record) => record.Epoch > epoch || record.Epoch == epoch && record.Intent == Intent.Free;

    /// <summary>Never 0.</summary>
    public static ulong Print(uint[] state)
    {
        ulong one = 0x9E3779B97F4A7C15, two = 0xC2B2AE3D27D4EB4F;
        foreach (var word in state)
        {
            one = (one ^ word) * 0xFF51AFD7ED558CCD;
            one ^= one >> 32;
            two = (two + word) * 0xC4CEB9FE1A85EC53;
            two ^= two >> 29;
        }

        one = (one ^ System.Numerics.BitOperations.RotateLeft(two, 31)) * 0x9FB21C651E98DF25;
        one ^= one >> 32;
        return one == 0 ? 1 : one;
    }

    private static bool InOrder(ReadOnlySpan<ulong> keys, int[] names)
    {
        for (var one = 1; one <= 3; one++)
            for (var two = 1; two <= 3; two++)
                if (names[one] < names[two] && keys[one] > keys[two]) return false;
        return true;
    }

    /// <summary>The same whatever hosts are called: its own words, and where it is named.</summary>
    private static ulong Key(uint[] state, int host)
    {
        var agent = At.Agent(state, host);
        var key = Mix((ulong)(agent.Bits & ~(3u << 22)) << 32 | state[At.Hosts + host - 1]);
        if (agent.Stage != 0) key ^= Mix(agent.Read.Host == host ? 5ul : 6ul);
        key = Mix(key ^ state[At.Backup + 4 + host - 1]);
        for (var record = 0; record < 3; record++)
            key = Mix(key ^ Named(new Rec(state[At.Records + record]), host) << 2 ^ Named(new Rec(state[At.Backup + 1 + record]), host));
        for (var write = 0; write < At.WritesEach; write++)
        {
            // Their order is not known yet.
            var pending = new Pending(state[At.Writes + write]);
            if (pending.Bits != 0 && pending.Target < 3 && new Rec(pending.Content).Host == host) key += Mix(pending.Bits & ~(3u << 4));
        }

        return key;
    }

    private static ulong Named(Rec record, int host) => (record.Host == host ? 1ul : 0) | (record.SaidBy == host ? 2ul : 0);

    private static ulong Mix(ulong key)
    {
        key = (key ^ key >> 31) * 0x9FB21C651E98DF25;
        return key ^ key >> 29;
    }

    private static uint[] Rename(uint[] state, int[] names)
    {
        var next = (uint[])state.Clone();
        for (var record = 0; record < 3; record++) next[At.Records + record] = new Rec(state[At.Records + record]).Renamed(names).Bits;
        for (var host = 1; host <= 3; host++)
        {
            next[At.Agents + names[host] - 1] = At.Agent(state, host).Renamed(names).Bits;
            next[At.Hosts + names[host] - 1] = state[At.Hosts + host - 1];
        }

        for (var write = 0; write < At.WritesEach; write++) next[At.Writes + write] = new Pending(state[At.Writes + write]).Renamed(names).Bits;
        RenameCopy(state, next, names, At.Backup + 1);
        if (state.Length > At.Plain) RenameCopy(state, next, names, At.Listed);
        SortWrites(next);
        return next;
    }

    /// <summary>Three records, then three hosts.</summary>
    private static void RenameCopy(uint[] state, uint[] next, int[] names, int at)
    {
        for (var record = 0; record < 3; record++)
            next[at + record] = new Rec(state[at + record] & ~At.Valid).Renamed(names).Bits | state[at + record] & At.Valid;
        for (var host = 1; host <= 3; host++) next[at + 3 + names[host] - 1] = state[at + 3 + host - 1];
    }

    private static void SortWrites(uint[] state)
    {
        state.AsSpan(At.Writes, At.WritesEach).Sort();
    }
}
