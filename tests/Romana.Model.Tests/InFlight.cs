namespace Romana.Model.Tests;

/// <summary>
/// Reading, deciding and planning change nothing that anybody else sees. Each may therefore be put off, without losing
/// a run, until just before the first step that would have made it read or plan something else; put off that far, it
/// is part of that step, or of its own owner's next step. So a search need not keep states in which somebody has read
/// what is still so: after each step this adds the states in which somebody had read before it, and is stale by it.
/// A crash that forgets what was read leads to where one would be without having read, which is searched anyway.
/// </summary>
internal sealed class InFlight(Mutation mutation, Bounds bounds, Judges judges, Agents agents)
{
    public void Emit(uint[] state, uint[] next, Move by, Step to)
    {
        var isRestore = by.Act == Act.CopyIsPutBack;
        Forget(next);
        if (!StoreChanged(state, next))
        {
            to(next, by);
            return;
        }

        List<uint[]> all = [next];
        for (var host = 1; host <= 3; host++) Add(all, AgentReads(state, next, host, isRestore));
        if (!isRestore)
        {
            var (before, now) = (judges.Plans(state), judges.Plans(next));
            Add(all, FreshWrites(state, next, before, now));
            if (bounds.StaleLeader && At.Stage(state, 1) == 0) Add(all, StaleReads(state, next, before, now));
        }

        foreach (var one in all) to(one, by);
    }

    /// <summary>A write that whoever reads now would plan as well need not be kept: it can be planned when it is sent.</summary>
    private void Forget(uint[] next)
    {
        var stage = At.Stage(next, 1);
        if (next[At.FreshWrite] == 0 && stage != 2) return;
        var plans = judges.Plans(next);
        if (next[At.FreshWrite] != 0 && Array.Exists(plans, plan => plan.Contains(new(next[At.FreshWrite])))) next[At.FreshWrite] = 0;
        if (stage != 2 || !Array.Exists(plans, plan => IsPart(next.AsSpan(At.Writes, At.WritesEach), plan))) return;
        Array.Clear(next, At.Writes, At.WritesEach);
        At.SetStage(next, 1, 0);
    }

    private static bool IsPart(ReadOnlySpan<uint> writes, Pending[] plan)
    {
        foreach (var write in writes)
            if (write != 0 && !plan.AsSpan().Contains(new(write))) return false;
        return true;
    }

    /// <summary>Whoever else is in flight, this one may be so too or not.</summary>
    private static void Add(List<uint[]> all, List<Action<uint[]>> choices)
    {
        var before = all.Count;
        foreach (var choice in choices)
        {
            for (var at = 0; at < before; at++)
            {
                var chosen = (uint[])all[at].Clone();
                choice(chosen);
                all.Add(chosen);
            }
        }
    }

    /// <summary>An agent that had read a block that now changed, or had decided by a topology that now changed. A restore changes all.</summary>
    private List<Action<uint[]>> AgentReads(uint[] state, uint[] next, int host, bool isRestore)
    {
        var word = At.Agents + host - 1;
        List<Action<uint[]>> choices = [];
        var (agent, newTopology) = (At.Agent(state, host), isRestore || state[At.Topology] != next[At.Topology]);
        if (!agent.Alive || state[word] != next[word] || agent.Stage == 2) return choices;
        if (agent.Stage == 1)
        {
            if (newTopology && agents.Decided(state, host, agent.Read) is { } decided) choices.Add(one => one[word] = decided.Bits);
            return choices;
        }

        for (var index = 0; index < 3; index++)
        {
            var newRecord = isRestore || ((state[At.Records + index] ^ next[At.Records + index]) & Rec.SpecMask) != 0;
            if (!newRecord && !newTopology || !agents.MayRead(state, host, index)) continue;
            var record = At.Rec(state, index);
            if (newRecord) choices.Add(one => one[word] = agent.At(1, record.Bits).Bits);
            if (newTopology && agents.Decided(state, host, record) is { } decided) choices.Add(one => one[word] = decided.Bits);
        }

        return choices;
    }

    /// <summary>The other leader's write to the topology, planned before this step, which it would not plan any more.</summary>
    private List<Action<uint[]>> FreshWrites(uint[] state, uint[] next, Pending[][] before, Pending[][] now)
    {
        List<Action<uint[]>> choices = [];
        if (state[At.FreshWrite] != 0) return choices;
        if (state[At.Topology] != next[At.Topology] && mutation != Mutation.BlindPut) return choices;
        var known = new HashSet<Pending>();
        foreach (var plan in before)
        {
            foreach (var write in plan)
            {
                if (write.Target == 3 && known.Add(write) && !Array.Exists(now, other => Array.IndexOf(other, write) >= 0))
                    choices.Add(one => one[At.FreshWrite] = write.Bits);
            }
        }

        return choices;
    }

    private List<Action<uint[]>> StaleReads(uint[] state, uint[] next, Pending[][] before, Pending[][] now)
    {
        List<Action<uint[]>> choices = [];
        var most = bounds.MostEpochs((state[At.Run] & At.Restored) != 0);
        if (state[At.Topology] != next[At.Topology])
            choices.Add(one => Moves.WithTopologyRead(one, state, 0).CopyTo(one, 0));
        foreach (var plan in before)
        {
            Pending[] kept = [.. plan.Where(write => write.Target < 4 && write.Epoch <= most && (mutation == Mutation.BlindPut || IsSame(state, next, write.Target)))];
            if (kept.Length > 0 && !Array.Exists(now, other => kept.All(other.Contains)))
                choices.Add(one => Moves.WithWrites(one, kept).CopyTo(one, 0));
        }

        return choices;
    }

    private static bool IsSame(uint[] state, uint[] next, int target)
    {
        var word = target == 3 ? At.Topology : At.Records + target;
        return state[word] == next[word];
    }

    private static bool StoreChanged(uint[] state, uint[] next) =>
        state[At.Topology] != next[At.Topology] || (state[At.Run] & 7) != (next[At.Run] & 7)
        || !state.AsSpan(At.Records, 3).SequenceEqual(next.AsSpan(At.Records, 3)) || !state.AsSpan(At.Hosts, 3).SequenceEqual(next.AsSpan(At.Hosts, 3));
}
