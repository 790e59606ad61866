namespace Romana.Model.Tests;

/// <summary>What hosts and their agents do.</summary>
internal sealed class Agents(Mutation mutation, Bounds bounds, Judges judges, bool everyStep)
{
    public void From(uint[] state, Step to)
    {
        for (var host = 1; host <= 3; host++)
        {
            Host(state, host, to);
            if (At.Agent(state, host).Alive) Agent(state, host, to);
        }
    }

    private void Host(uint[] state, int host, Step to)
    {
        var (agent, record) = (At.Agent(state, host), At.Host(state, host));
        if (!record.Dead && (bounds.Deaths || !agent.Alive))
        {
            // Not to act for a while and then to die is the same as to die: what it held is nobody's from here on.
            // After a restore the store may have forgotten a death, which is then told again.
            var next = Moves.Set(state, At.Agents + host - 1, 0);
            // Whether the dead one's agent was admitted is of no interest to anybody.
            next[At.Hosts + host - 1] = 0b111;
            Moves.Changed(next, 3 + host, mutation);
            to(next, new(Act.Dies, host));
        }

        if (!agent.Alive) return;
        if (At.Topo(state).Review && record.Registered && agent.Stage == 0 && record.Report(agent) != record)
            to(Moves.Set(state, At.Hosts + host - 1, record.Report(agent).Bits), new(Act.ReportsHoldings, host));
    }

    private void Agent(uint[] state, int host, Step to)
    {
        var agent = At.Agent(state, host);
        if (agent.Stage != 0 && everyStep) to(SetAgent(state, host, agent.At(0, 0)), new(Act.Crashes, host));
        if (agent.Stage == 1) Judge(state, host, agent, agent.Read, to);
        if (agent.Stage == 2)
            to(SetAgent(state, host, agent.With(agent.Read.Slot, agent.Read.Epoch, 1).At(0, 0)), new(Act.WritesJournal, host, (int)agent.Read.Slot));
        if (agent.Stage != 0) return;
        for (var index = 0; index < 3; index++)
        {
            var record = At.Rec(state, index);
            if (MayRead(state, host, index))
            {
                if (everyStep) to(SetAgent(state, host, agent.At(1, record.Bits)), new(Act.Reads, host, (int)record.Slot));
                else Judge(state, host, agent, record, to);
            }

            if (record.Holds && record.Host == host) Answer(state, host, index, agent, record, to);
        }
    }

    /// <summary>Whether it would look at that record in order to accept it: it is idle, the block is its own and new to it.</summary>
    public bool MayRead(uint[] state, int host, int index)
    {
        var (agent, record) = (At.Agent(state, host), At.Rec(state, index));
        return agent.Alive && agent.Stage == 0 && record.Intent == Intent.Lent && At.Host(state, host).Admitted
            && (record.Host == host || SharesName(record.Host, host))
            && !(agent.Holds(record.Slot) && agent.Epoch(record.Slot) == record.Epoch);
    }

    /// <summary>What it has decided to accept, in the eyes of whoever reads the topology now; null if it does not accept.</summary>
    public Agent? Decided(uint[] state, int host, Rec read)
    {
        var agent = At.Agent(state, host);
        return Verdict(state, host, agent, read) == 1 ? agent.At(2, read.Bits & 0x1c3) : null;
    }

    /// <summary>Who does not compare UIDs takes what is lent to its name.</summary>
    private bool SharesName(int one, int other) => mutation == Mutation.UidNotCompared && one > 1 && other > 1;

    private int Verdict(uint[] state, int host, Agent agent, Rec read) =>
        judges.Verdict(new Rec(read.Bits & Rec.SpecMask), At.Topo(state), At.Host(state, host), host, agent);

    private void Judge(uint[] state, int host, Agent agent, Rec read, Step to)
    {
        var verdict = Verdict(state, host, agent, read);
        if (verdict == 1 && everyStep) to(SetAgent(state, host, agent.At(2, read.Bits & 0x1c3)), new(Act.Decides, host, (int)read.Slot));
        else if (verdict == 1) to(SetAgent(state, host, agent.With(read.Slot, read.Epoch, 1).At(0, 0)), new(Act.Accepts, host, (int)read.Slot));
        if (verdict == 2) to(SetAgent(state, host, Returned(agent, read).At(0, 0)), new(Act.Declines, host, (int)read.Slot));
    }

    private void Answer(uint[] state, int host, int index, Agent agent, Rec record, Step to)
    {
        if (record.Intent == Intent.Recall && record.Why != Why.Death && (agent.Holds(record.Slot) || agent.Highest(record.Slot) < record.Epoch)
            && Verdict(state, host, agent, record) == 2)
            to(SetAgent(state, host, Returned(agent, record)), new(Act.GivesBack, host, (int)record.Slot));
        var said = agent.Holds(record.Slot) && agent.Epoch(record.Slot) == record.Epoch ? 1
            : !agent.Holds(record.Slot) && agent.Highest(record.Slot) >= record.Epoch ? 2 : 0;
        if (said == 0 || record.Say(host, record.Epoch, said) == record) return;
        var next = Moves.Set(state, At.Records + index, record.Say(host, record.Epoch, said).Bits);
        Moves.Changed(next, index, mutation);
        to(next, new(Act.Reports, host, (int)record.Slot));
    }

    private static Agent Returned(Agent agent, Rec record) =>
        agent.With(record.Slot, Math.Max(record.Epoch, agent.Epoch(record.Slot)), 2);

    private static uint[] SetAgent(uint[] state, int host, Agent agent) => Moves.Set(state, At.Agents + host - 1, agent.Bits);
}
