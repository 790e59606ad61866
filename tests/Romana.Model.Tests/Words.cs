namespace Romana.Model.Tests;

/// <summary>Which slot a block is: the two /29 and the /28 over them.</summary>
internal enum Slot
{
    Low,
    High,
    Both,
}

internal enum Intent
{
    Absent,
    Free,
    Lent,
    Recall,
}

internal enum Why
{
    None,
    Proposal,
    Death,
}

/// <summary>A block record in 19 bits: twelve of spec, seven of status. Hosts are 1 to 3; 0 is none.</summary>
internal readonly record struct Rec(uint Bits)
{
    public const uint SpecMask = 0xfff;

    public Slot Slot => (Slot)(Bits & 3);
    public Intent Intent => (Intent)(Bits >> 2 & 3);
    public int Host => (int)(Bits >> 4 & 3);
    public int Epoch => (int)(Bits >> 6 & 7);
    public Why Why => (Why)(Bits >> 9 & 3);

    /// <summary>Free, and its delay runs.</summary>
    public bool Waiting => (Bits >> 11 & 1) == 1;
    public int SaidBy => (int)(Bits >> 12 & 3);
    public int SaidEpoch => (int)(Bits >> 14 & 7);

    /// <summary>0 nothing, 1 accepted, 2 returned.</summary>
    public int Said => (int)(Bits >> 17 & 3);

    public bool Holds => Intent is Intent.Lent or Intent.Recall;

    public static uint Spec(Slot slot, Intent intent, int host, int epoch, Why why, bool waiting) =>
        (uint)slot | (uint)intent << 2 | (uint)host << 4 | (uint)epoch << 6 | (uint)why << 9 | (waiting ? 1u << 11 : 0);

    public Rec Say(int host, int epoch, int said) => new(Bits & SpecMask | (uint)host << 12 | (uint)epoch << 14 | (uint)said << 17);

    /// <summary>A status that counts for nothing is the same as none, unless a mutation reads it.</summary>
    public Rec Tidy(bool keepStale) => keepStale || SaidBy == Host && SaidEpoch == Epoch && Holds ? this : new(Bits & SpecMask);

    public Rec Renamed(int[] names) => Bits == 0 ? this
        : new(Bits & ~(3u << 4 | 3u << 12) | (uint)names[Host] << 4 | (uint)names[SaidBy] << 12);
}

/// <summary>The topology record, and marks of the run as a whole.</summary>
internal readonly record struct Topo(uint Bits)
{
    public bool IsWide => (Bits & 1) == 1;
    public bool Proposed => (Bits >> 1 & 1) == 1;
    public bool Review => (Bits >> 2 & 1) == 1;
    public int Floor => (int)(Bits >> 3 & 7);
    public int Commits => (int)(Bits >> 6 & 3);

    public static Topo Of(bool wide, bool proposed, bool review, int floor, int commits) =>
        new((wide ? 1u : 0) | (proposed ? 2u : 0) | (review ? 4u : 0) | (uint)floor << 3 | (uint)commits << 6);
}

/// <summary>An agent with its journal: per slot the row's epoch and whether it is held (1) or returned (2).</summary>
internal readonly record struct Agent(uint Bits)
{
    public bool Alive => (Bits & 1) == 1;
    public int Epoch(Slot slot) => (int)(Bits >> (1 + 5 * (int)slot) & 7);
    public int Row(Slot slot) => (int)(Bits >> (4 + 5 * (int)slot) & 3);
    public bool Holds(Slot slot) => Row(slot) == 1;

    /// <summary>0 idle, 1 it has read a block, 2 it has decided to accept that block.</summary>
    public int Stage => (int)(Bits >> 16 & 3);
    public Rec Read => new(Bits >> 18 & Rec.SpecMask);

    /// <summary>The highest epoch of rows with that first address.</summary>
    public int Highest(Slot slot) => slot == Slot.High ? Epoch(Slot.High) : Math.Max(Epoch(Slot.Low), Epoch(Slot.Both));

    public Agent With(Slot slot, int epoch, int row)
    {
        var shift = 1 + 5 * (int)slot;
        return new(Bits & ~(31u << shift) | (uint)(epoch | row << 3) << shift);
    }

    public Agent At(int stage, uint spec) => new(Bits & 0xffff | (uint)stage << 16 | (spec & Rec.SpecMask) << 18);

    public Agent Renamed(int[] names) => Stage == 0 ? this : At(Stage, Read.Renamed(names).Bits);
}

/// <summary>A host record: admitted 0, dead 1, registered 2, reported 3, epochs held by slot 4-12, highest epoch 13-15.</summary>
internal readonly record struct HostWord(uint Bits)
{
    public bool Admitted => (Bits & 1) == 1;
    public bool Dead => (Bits >> 1 & 1) == 1;
    public bool Registered => (Bits >> 2 & 1) == 1;
    public bool Reported => (Bits >> 3 & 1) == 1;
    public int Held(Slot slot) => (int)(Bits >> (4 + 3 * (int)slot) & 7);
    public int Highest => (int)(Bits >> 13 & 7);

    public HostWord Report(Agent agent)
    {
        var bits = Bits & 7 | 8u | (uint)Math.Max(agent.Highest(Slot.Low), agent.Highest(Slot.High)) << 13;
        for (var slot = Slot.Low; slot <= Slot.Both; slot++)
            if (agent.Holds(slot)) bits |= (uint)agent.Epoch(slot) << (4 + 3 * (int)slot);
        return new(bits);
    }

    public HostWord Forget() => new(Bits & 7);
}

/// <summary>A conditional write that a leader has planned and not sent yet. Target: block record 0-2, topology 3, host record 4-6.</summary>
internal readonly record struct Pending(uint Bits)
{
    public int Target => (int)(Bits >> 28) - 1;
    public uint Content => Bits & 0xfffffff;

    /// <summary>Of a block record; 0 for others.</summary>
    public int Epoch => Target < 3 ? new Rec(Content).Epoch : 0;

    public static Pending Of(int target, uint content) => new((uint)(target + 1) << 28 | content);

    public Pending Renamed(int[] names) => Bits == 0 ? this
        : Target < 3 ? Of(Target, new Rec(Content).Renamed(names).Bits)
        : Target == 3 ? this : Of(3 + names[Target - 3], Content);
}
