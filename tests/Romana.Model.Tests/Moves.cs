namespace Romana.Model.Tests;

internal enum Act
{
    Starts, BeginsPass, Plans, Writes, Dies, ReportsHoldings, Crashes, WritesJournal, Reads, Decides, Declines,
    GivesBack, Reports, StoreIsCopied, CopyIsPutBack,
}

/// <summary>What led to a state. Who: a leader (0, 1) or a host (1 to 3); What: a slot, or a write's bits.</summary>
internal readonly record struct Move(Act Act, int Who = 0, int What = 0)
{
    public override string ToString() => Act == Act.Writes ? $"leader {Who} writes {new Pending((uint)What)}"
        : Act is Act.BeginsPass or Act.Plans ? $"leader {Who} {Act}" : $"{Who} {Act} {(Slot)What}";
}

internal delegate void Step(uint[] next, Move by);

/// <summary>Every step that anybody may take next. A crash is a step like any other: what was only in memory is gone.</summary>
internal sealed class Moves(Mutation mutation, Bounds bounds)
{
    private readonly Judges _judges = new(mutation, bounds);
    private readonly bool _keepStale = mutation is Mutation.EpochNotCompared or Mutation.UidNotCompared;

    public string? Fault => _judges.Fault;

    public int Size => mutation == Mutation.ListBeforePropose ? At.WithListings : At.Plain;

    public uint[] Initial()
    {
        var state = new uint[Size];
        for (var host = 1; host <= 3; host++) state[At.Agents + host - 1] = 1;

        // The third host's agent is not admitted yet.
        state[At.Hosts] = state[At.Hosts + 1] = 0b101;
        state[At.Hosts + 2] = bounds.Admission ? 0b100u : 0b101;
        if (!bounds.StaleLeader) At.SetStage(state, 1, 3);
        return state;
    }

    public void From(uint[] state, Step to)
    {
        for (var leader = 0; leader < 2; leader++) Leader(state, leader, to);
        for (var host = 1; host <= 3; host++)
        {
            Host(state, host, to);
            if (At.Agent(state, host).Alive) Agent(state, host, to);
        }

        if (bounds.Restore) Copies(state, to);
    }

    private void Leader(uint[] state, int leader, Step to)
    {
        var stage = At.Stage(state, leader);
        // The fresh leader reads, plans and writes a block or host record in one step: a step of somebody else in between
        // would make it stale, and what a stale leader does the other one shows. What it writes to the topology may be
        // on its way while others act. With that mutation it holds on to a listing.
        if (leader == 0 && mutation != Mutation.ListBeforePropose) EndPass(state, leader, to);
        else if (leader == 0 || stage == 0 && (state[At.Run] & At.Restored) == 0) BeginPass(state, leader, to);
        if (stage == 1) EndPass(state, leader, to);
        if (leader == 0) Write(state, leader, At.WritesEach, to);
        else
            for (var index = 0; index < At.WritesEach; index++) Write(state, leader, index, to);
    }

    /// <summary>First read of a pass: the topology; or, with that mutation, the listing.</summary>
    private void BeginPass(uint[] state, int leader, Step to)
    {
        var next = (uint[])state.Clone();
        At.SetStage(next, leader, 1);
        if (mutation == Mutation.ListBeforePropose)
        {
            var listed = At.Listed + 7 * leader;
            for (var record = 0; record < 3; record++) next[listed + record] = state[At.Records + record] | At.Valid;
            for (var host = 0; host < 3; host++) next[listed + 3 + host] = state[At.Hosts + host];
        }
        else
        {
            next[At.TopologyRead + leader] = state[At.Topology] | At.Valid;
        }

        to(next, new(Act.BeginsPass, leader));
    }

    private void EndPass(uint[] state, int leader, Step to)
    {
        var listFirst = mutation == Mutation.ListBeforePropose;
        var listed = At.Listed + 7 * leader;
        var read = listFirst || leader == 0 ? state[At.Topology] | At.Valid : state[At.TopologyRead + leader];
        uint[] records = listFirst ? state[listed..(listed + 3)] : state[At.Records..(At.Records + 3)];
        var hosts = listFirst ? state[(listed + 3)..(listed + 6)] : state[At.Hosts..(At.Hosts + 3)];
        var isRewound = (state[At.Run] & At.Rewound) != 0;
        foreach (var plan in _judges.Plans(new Topo(read & ~At.Valid), records, hosts, isRewound))
        {
            var viable = plan.Where(write => mutation == Mutation.BlindPut || IsViable(write, read, records, listFirst)).ToList();

            if (leader == 1) Keep(state, viable.FindAll(write => write.Target < 4), to);
            else foreach (var write in viable) Fresh(state, write, to);
        }
    }

    private void Fresh(uint[] state, Pending write, Step to)
    {
        if (write.Target == 3) to(Set(state, At.FreshWrite, write.Bits), new(Act.Plans));
        else Apply((uint[])state.Clone(), 0, write, to);
    }

    /// <summary>The stale leader may send what it planned in any order, leave some of it, and take for ever.</summary>
    private void Keep(uint[] state, List<Pending> writes, Step to)
    {
        var next = (uint[])state.Clone();
        next[At.TopologyRead + 1] = 0;
        if (mutation == Mutation.ListBeforePropose) Array.Clear(next, At.Listed + 7, 7);
        At.SetStage(next, 1, 2);
        var at = At.Writes;
        foreach (var write in writes) next[at++] = write.Bits;
        to(next, new(Act.Plans, 1));
    }

    private static bool IsViable(Pending write, uint topology, uint[] records, bool listFirst) => write.Target switch
    {
        3 => (topology & At.Valid) != 0,
        < 3 => !listFirst || (records[write.Target] & At.Valid) != 0,
        _ => true,
    };

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

        Changed(next, write.Target);
        to(next, new(Act.Writes, leader, (int)write.Bits));
    }

    private static void EndReview(uint[] next)
    {
        next[At.Run] &= ~At.Rewound;
        for (var host = 1; host <= 3; host++) next[At.Hosts + host - 1] = At.Host(next, host).Forget().Bits;
    }

    /// <summary>A new version: whoever expected the old one will get a conflict, for ever.</summary>
    private void Changed(uint[] next, int target)
    {
        if (mutation != Mutation.BlindPut)
        {
            for (var write = 0; write <= At.WritesEach; write++)
                if (new Pending(next[At.Writes + write]).Target == target) next[At.Writes + write] = 0;
        }

        for (var leader = 0; leader < 2; leader++)
        {
            if (target == 3) next[At.TopologyRead + leader] &= ~At.Valid;
            else if (target < 3 && next.Length > At.Plain) next[At.Listed + 7 * leader + target] &= ~At.Valid;
        }
    }

    private void Host(uint[] state, int host, Step to)
    {
        var (agent, record) = (At.Agent(state, host), At.Host(state, host));
        if (!record.Dead && (bounds.Deaths || !agent.Alive))
        {
            // Not to act for a while and then to die is the same as to die: what it held is nobody's from here on.
            // After a restore the store may have forgotten a death, which is then told again.
            var next = Set(state, At.Agents + host - 1, 0);
            next[At.Hosts + host - 1] = 0b110;
            Changed(next, 3 + host);
            to(next, new(Act.Dies, host));
        }

        if (!agent.Alive) return;
        if (At.Topo(state).Review && record.Registered && agent.Stage == 0 && record.Report(agent) != record)
            to(Set(state, At.Hosts + host - 1, record.Report(agent).Bits), new(Act.ReportsHoldings, host));
    }

    private void Agent(uint[] state, int host, Step to)
    {
        var agent = At.Agent(state, host);
        if (agent.Stage != 0) to(SetAgent(state, host, agent.At(0, 0)), new(Act.Crashes, host));
        if (agent.Stage == 1) Judge(state, host, agent, to);
        if (agent.Stage == 2)
            to(SetAgent(state, host, agent.With(agent.Read.Slot, agent.Read.Epoch, 1).At(0, 0)), new(Act.WritesJournal, host, (int)agent.Read.Slot));
        if (agent.Stage != 0) return;
        for (var index = 0; index < 3; index++)
        {
            var record = At.Rec(state, index);
            if (!record.Holds) continue;
            var isMine = record.Host == host;
            if (record.Intent == Intent.Lent && At.Host(state, host).Admitted && (isMine || SharesName(record.Host, host))
                && !(agent.Holds(record.Slot) && agent.Epoch(record.Slot) == record.Epoch))
                to(SetAgent(state, host, agent.At(1, record.Bits)), new(Act.Reads, host, (int)record.Slot));
            if (isMine) Answer(state, host, index, agent, record, to);
        }
    }

    /// <summary>Who does not compare UIDs takes what is lent to its name.</summary>
    private bool SharesName(int one, int other) => mutation == Mutation.UidNotCompared && one > 1 && other > 1;

    private void Judge(uint[] state, int host, Agent agent, Step to)
    {
        var verdict = _judges.Verdict(agent.Read, At.Topo(state), At.Host(state, host), host, agent);
        if (verdict == 1) to(SetAgent(state, host, agent.At(2, agent.Read.Bits & 0x1c3)), new(Act.Decides, host, (int)agent.Read.Slot));
        if (verdict == 2) to(SetAgent(state, host, Returned(agent, agent.Read).At(0, 0)), new(Act.Declines, host, (int)agent.Read.Slot));
    }

    private void Answer(uint[] state, int host, int index, Agent agent, Rec record, Step to)
    {
        if (record.Intent == Intent.Recall && record.Why != Why.Death && (agent.Holds(record.Slot) || agent.Highest(record.Slot) < record.Epoch)
            && _judges.Verdict(new Rec(record.Bits & Rec.SpecMask), At.Topo(state), At.Host(state, host), host, agent) == 2)
            to(SetAgent(state, host, Returned(agent, record)), new(Act.GivesBack, host, (int)record.Slot));
        var said = agent.Holds(record.Slot) && agent.Epoch(record.Slot) == record.Epoch ? 1
            : !agent.Holds(record.Slot) && agent.Highest(record.Slot) >= record.Epoch ? 2 : 0;
        if (said == 0 || record.Say(host, record.Epoch, said) == record) return;
        var next = Set(state, At.Records + index, record.Say(host, record.Epoch, said).Bits);
        Changed(next, index);
        to(next, new(Act.Reports, host, (int)record.Slot));
    }

    private static Agent Returned(Agent agent, Rec record) =>
        agent.With(record.Slot, Math.Max(record.Epoch, agent.Epoch(record.Slot)), 2);

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

    private static uint[] Set(uint[] state, int at, uint word)
    {
        var next = (uint[])state.Clone();
        next[at] = word;
        return next;
    }

    private static uint[] SetAgent(uint[] state, int host, Agent agent) => Set(state, At.Agents + host - 1, agent.Bits);
}
