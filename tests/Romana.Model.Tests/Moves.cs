namespace Romana.Model.Tests;

/// <summary>
/// Every step that anybody may take next. A crash is a step like any other: what was only in memory is gone.
/// Of the two leaders, 0 reads again and again, 1 is stale: it reads once, others act, and only then does it send what
/// it planned, in any order and not all of it. One that has nothing left to send may read and be stale once more.
/// </summary>
internal sealed class Moves
{
    private readonly Mutation _mutation;
    private readonly Bounds _bounds;
    private readonly Judges _judges;
    private readonly Agents _agents;
    private readonly InFlight? _inFlight;
    private readonly bool _keepStale;

    public Moves(Mutation mutation, Bounds bounds)
    {
        (_mutation, _bounds) = (mutation, bounds);
        _judges = new(mutation, bounds);

        // That mutation is a matter of when the fresh leader reads, which a reduced search does not tell.
        var everyStep = bounds.EveryStep || mutation == Mutation.ListBeforePropose;
        _agents = new(mutation, bounds, _judges, everyStep);
        _inFlight = everyStep ? null : new(mutation, bounds, _judges, _agents);
        _keepStale = mutation is Mutation.EpochNotCompared or Mutation.UidNotCompared;
    }

    public string? Fault => _judges.Fault;

    public int Size => _mutation == Mutation.ListBeforePropose ? At.WithListings : At.Plain;

    public uint[] Initial()
    {
        var state = new uint[Size];
        for (var host = 1; host <= 3; host++) state[At.Agents + host - 1] = 1;

        // The third host's agent is not admitted yet.
        state[At.Hosts] = state[At.Hosts + 1] = 0b101;
        state[At.Hosts + 2] = _bounds.Admission ? 0b100u : 0b101;
        return state;
    }

    public void From(uint[] state, Step to)
    {
        if (_inFlight is { } inFlight)
        {
            var reached = to;
            to = (next, by) => inFlight.Emit(state, next, by, reached);
        }

        Fresh(state, to);
        if (_bounds.StaleLeader) Stale(state, to);
        _agents.From(state, to);
        if (_bounds.Restore) Copies(state, to);
    }

    /// <summary>
    /// The fresh leader reads, plans and writes a block or host record in one step: a step of somebody else in between
    /// would make it stale, and what a stale leader does the other one shows. What it writes to the topology may be on
    /// its way while others act. With that mutation it holds on to a listing.
    /// </summary>
    private void Fresh(uint[] state, Step to)
    {
        var listFirst = _mutation == Mutation.ListBeforePropose;
        if (listFirst) List(state, to);
        if (!listFirst || At.Stage(state, 0) == 1)
        {
            uint[] records = listFirst ? state[At.Listed..(At.Listed + 3)] : state[At.Records..(At.Records + 3)];
            var hosts = listFirst ? state[(At.Listed + 3)..(At.Listed + 6)] : state[At.Hosts..(At.Hosts + 3)];
            foreach (var plan in _judges.Plans(At.Topo(state), records, hosts, (state[At.Run] & At.Rewound) != 0))
            {
                foreach (var write in plan)
                {
                    if (write.Epoch > MostEpochs(state)) continue;
                    if (listFirst && write.Target < 3 && (records[write.Target] & At.Valid) == 0) continue;
                    if (write.Target == 3 && _inFlight is null) to(Set(state, At.FreshWrite, write.Bits), new(Act.Plans));
                    else Apply((uint[])state.Clone(), 0, write, to);
                }
            }
        }

        Write(state, 0, At.WritesEach, to);
    }

    private int MostEpochs(uint[] state) => _bounds.MostEpochs((state[At.Run] & At.Restored) != 0);

    private static void List(uint[] state, Step to)
    {
        var next = (uint[])state.Clone();
        At.SetStage(next, 0, 1);
        for (var record = 0; record < 3; record++) next[At.Listed + record] = state[At.Records + record] | At.Valid;
        for (var host = 0; host < 3; host++) next[At.Listed + 3 + host] = state[At.Hosts + host];
        to(next, new(Act.BeginsPass));
    }

    private void Stale(uint[] state, Step to)
    {
        var stage = At.Stage(state, 1);
        if (stage == 0 && _inFlight is null) to(WithTopologyRead(state, state, At.Valid), new(Act.BeginsPass, 1));
        if (stage == 1)
        {
            var read = state[At.TopologyRead + 1];
            var told = (read & At.ToldRewound) != 0;
            foreach (var plan in _judges.Plans(new Topo(read & ~(At.Valid | At.ToldRewound)), state.AsSpan(At.Records, 3), state.AsSpan(At.Hosts, 3), told))
            {
                var kept = plan.Where(write => write.Epoch <= MostEpochs(state)).Where(write => write.Target < 3 || write.Target == 3 && ((read & At.Valid) != 0 || _mutation == Mutation.BlindPut));
                to(WithWrites(state, kept), new(Act.Plans, 1));
            }
        }

        for (var index = 0; index < At.WritesEach; index++) Write(state, 1, index, to);
    }

    /// <summary>The stale leader's first read of a pass is the topology, and that the store went back.</summary>
    public static uint[] WithTopologyRead(uint[] state, uint[] read, uint valid)
    {
        var next = Set(state, At.TopologyRead + 1, read[At.Topology] | valid | ((read[At.Run] & At.Rewound) != 0 ? At.ToldRewound : 0));
        At.SetStage(next, 1, 1);
        return next;
    }

    public static uint[] WithWrites(uint[] state, IEnumerable<Pending> writes)
    {
        var next = Set(state, At.TopologyRead + 1, 0);
        Array.Clear(next, At.Writes, At.WritesEach);
        At.SetStage(next, 1, 2);
        var at = At.Writes;
        foreach (var write in writes) next[at++] = write.Bits;
        return next;
    }

    private void Write(uint[] state, int leader, int index, Step to)
    {
        var write = new Pending(state[At.Writes + index]);
        if (write.Bits == 0) return;
        var next = (uint[])state.Clone();
        next[At.Writes + index] = 0;
        Apply(next, leader, write, to);
    }

    private void Apply(uint[] next, int leader, Pending write, Step to)
    {
        if (write.Target < 3)
        {
            var status = new Rec(next[At.Records + write.Target]).Bits & ~Rec.SpecMask;
            next[At.Records + write.Target] = new Rec(write.Content | status).Tidy(_keepStale).Bits;
        }
        else if (write.Target == 3)
        {
            if (At.Topo(next).Review && !new Topo(write.Content).Review) EndReview(next);
            next[At.Topology] = write.Content;
        }
        else
        {
            next[At.Hosts + write.Target - 4] |= write.Content;
        }

        Changed(next, write.Target, _mutation);
        to(next, new(Act.Writes, leader, (int)write.Bits));
    }

    private static void EndReview(uint[] next)
    {
        next[At.Run] &= ~At.Rewound;
        for (var host = 1; host <= 3; host++) next[At.Hosts + host - 1] = At.Host(next, host).Forget().Bits;
    }

    /// <summary>A new version: whoever expected the old one will get a conflict, for ever.</summary>
    public static void Changed(uint[] next, int target, Mutation mutation)
    {
        if (mutation != Mutation.BlindPut)
        {
            for (var write = 0; write <= At.WritesEach; write++)
                if (new Pending(next[At.Writes + write]).Target == target) next[At.Writes + write] = 0;
        }

        if (target == 3) next[At.TopologyRead + 1] &= ~At.Valid;
        else if (target < 3 && next.Length > At.Plain) next[At.Listed + target] &= ~At.Valid;
    }

    private void Copies(uint[] state, Step to)
    {
        if ((state[At.Run] & At.Copied) == 0)
        {
            var next = Set(state, At.Run, state[At.Run] | At.Copied);
            next[At.Backup] = state[At.Topology];
            Array.Copy(state, At.Records, next, At.Backup + 1, 3);
            Array.Copy(state, At.Hosts, next, At.Backup + 4, 3);
            to(next, new(Act.StoreIsCopied));
        }
        else if ((state[At.Run] & At.Restored) == 0)
        {
            var next = Set(state, At.Run, At.Copied | At.Restored | At.Rewound);
            next[At.Topology] = state[At.Backup];
            Array.Copy(state, At.Backup + 1, next, At.Records, 3);
            Array.Copy(state, At.Backup + 4, next, At.Hosts, 3);
            Array.Clear(next, At.TopologyRead, 2);
            Array.Clear(next, At.Writes, At.WritesEach + 1);
            Array.Clear(next, At.Backup, next.Length - At.Backup);
            to(next, new(Act.CopyIsPutBack));
        }
    }

    public static uint[] Set(uint[] state, int at, uint word)
    {
        var next = (uint[])state.Clone();
        next[at] = word;
        return next;
    }
}
