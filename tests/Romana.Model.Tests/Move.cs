namespace Romana.Model.Tests;

internal enum Act
{
    BeginsPass, Plans, Writes, Dies, ReportsHoldings, Crashes, WritesJournal, Reads, Decides, Accepts, Declines,
    GivesBack, Reports, StoreIsCopied, CopyIsPutBack,
}

/// <summary>What led to a state. Who: a leader (0, 1) or a host (1 to 3); What: a slot, or a write's bits.</summary>
internal readonly record struct Move(Act Act, int Who = 0, int What = 0);

internal delegate void Step(uint[] next, Move by);
