namespace Romana.Model.Tests;

/// <summary>
/// Where things lie in a state of the model. The two leaders: 0 reads again and again, 1 reads once and is stale for
/// ever after. What the stale one knows is kept as the writes that it would still send and that could still succeed.
/// </summary>
internal static class At
{
    public const int Topology = 0;
    public const int Run = 1;
    public const int Records = 2;
    public const int Agents = 5;
    public const int Hosts = 8;
    public const int TopologyRead = 11;
    public const int Writes = 13;
    public const int WritesEach = 6;
    public const int FreshWrite = Writes + WritesEach;
    public const int Backup = FreshWrite + 1;
    public const int Listed = Backup + 7;
    public const int Plain = Listed;
    public const int WithListings = Listed + 14;

    /// <summary>Bits of <see cref="Run"/>: the leader is told that the store went back; copy made; copy put back; leaders' stages (2 bits each).</summary>
    public const uint Rewound = 1, Copied = 2, Restored = 4;

    public const uint Valid = 1u << 31;

    public static int Stage(uint[] state, int leader) => (int)(state[Run] >> (4 + 2 * leader) & 3);

    public static void SetStage(uint[] state, int leader, int stage) =>
        state[Run] = state[Run] & ~(3u << (4 + 2 * leader)) | (uint)stage << (4 + 2 * leader);

    public static Topo Topo(uint[] state) => new(state[Topology]);

    public static Rec Rec(uint[] state, int index) => new(state[Records + index]);

    /// <param name="host">1 to 3.</param>
    public static Agent Agent(uint[] state, int host) => new(state[Agents + host - 1]);

    public static HostWord Host(uint[] state, int host) => new(state[Hosts + host - 1]);
}

/// <summary>States that differ only in the names of hosts, or in the order of a leader's writes, are one.</summary>
internal static class Canonical
{
    private static readonly int[][] Orders =
        [[0, 1, 2, 3], [0, 1, 3, 2], [0, 2, 1, 3], [0, 3, 1, 2], [0, 2, 3, 1], [0, 3, 2, 1]];

    public static uint[] Of(uint[] state, bool symmetric, bool tidy)
    {
        if (tidy) Tidy(state);
        SortWrites(state);
        if (!symmetric) return state;
        var best = state;
        for (var order = 1; order < Orders.Length; order++)
        {
            var byAgents = CompareAgents(state, Orders[order], best);
            if (byAgents > 0) continue;
            var renamed = Rename(state, Orders[order]);
            if (byAgents < 0 || renamed.AsSpan().SequenceCompareTo(best) < 0) best = renamed;
        }

        return best;
    }

    /// <summary>
    /// Forgets what can make no difference any more: a returned row below the record's epoch, once no copy of the
    /// store can bring that epoch back; which mask a free slot had, since delays are not counted.
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

        for (var slot = Slot.Low; slot <= Slot.High && !mayGoBack; slot++)
        {
            var record = At.Rec(state, (int)slot);
            if (agent.Row(slot) == 2 && (record.Epoch > agent.Epoch(slot) || record.Epoch == agent.Epoch(slot) && record.Intent == Intent.Free))
                agent = agent.With(slot, 0, 0);
        }

        return agent;
    }

    public static UInt128 Hash(uint[] state)
    {
        ulong one = 0x9E3779B97F4A7C15, two = 0xC2B2AE3D27D4EB4F;
        foreach (var word in state)
        {
            one = (one ^ word) * 0xFF51AFD7ED558CCD;
            one ^= one >> 32;
            two = (two + word) * 0xC4CEB9FE1A85EC53;
            two ^= two >> 29;
        }

        return new UInt128(one, two);
    }

    /// <summary>Agents and host records decide first: most renamings are ruled out by them alone.</summary>
    private static int CompareAgents(uint[] state, int[] names, uint[] best)
    {
        for (var host = 1; host <= 3; host++)
        {
            var order = Key(state, Array.IndexOf(names, host)).CompareTo(Key(best, host));
            if (order != 0) return order;
        }

        return 0;
    }

    private static ulong Key(uint[] state, int host) => (ulong)(state[At.Agents + host - 1] & 0x3ffff) << 32 | state[At.Hosts + host - 1];

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
        if (state.Length > At.Plain)
            for (var leader = 0; leader < 2; leader++) RenameCopy(state, next, names, At.Listed + 7 * leader);
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
