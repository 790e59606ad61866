namespace Romana.Model.Tests;

/// <summary>A step of a counter-example in words. Leader 0 is the fresh one, leader 1 the stale one.</summary>
internal static class Story
{
    public static string Tell(uint[] before, uint[] after, Move by)
    {
        var step = by.Act switch
        {
            Act.Writes => $"{Leader(by.Who)} writes: {Write(new Pending((uint)by.What), before)}",
            Act.Plans => $"{Leader(by.Who)} has read all and planned",
            Act.BeginsPass => by.Who == 0 ? "the fresh leader lists blocks and hosts" : "the stale leader reads the topology",
            Act.StoreIsCopied => "a copy of the store is made",
            Act.CopyIsPutBack => "the copy of the store is put back",
            Act.Dies => $"host {by.Who} dies, and the store knows",
            Act.Crashes => $"host {by.Who}'s agent crashes",
            Act.ReportsHoldings => $"host {by.Who} reports under the review: {Holdings(At.Agent(before, by.Who))}",
            Act.Reports => $"host {by.Who} reports on {Cidr(by.What)}: {Said(after, by)}",
            Act.Accepts => $"host {by.Who} reads {Cidr(by.What)} and topology, accepts, writes its journal",
            Act.Reads => $"host {by.Who} reads {Cidr(by.What)}",
            Act.Decides => $"host {by.Who} reads the topology and decides to accept {Cidr(by.What)}",
            Act.WritesJournal => $"host {by.Who} writes the acceptance of {Cidr(by.What)} to its journal",
            Act.Declines => $"host {by.Who} declines {Cidr(by.What)} in its journal",
            _ => $"host {by.Who} gives {Cidr(by.What)} back in its journal",
        };
        return string.Join("; before that, ", Asides(before, after, by).Prepend(step));
    }

    /// <summary>What others had read before this step, and go on from after it.</summary>
    private static IEnumerable<string> Asides(uint[] before, uint[] after, Move by)
    {
        for (var host = 1; host <= 3; host++)
        {
            var (was, now) = (At.Agent(before, host), At.Agent(after, host));
            if (now.Stage <= was.Stage || by.Act is Act.Reads or Act.Decides) continue;
            yield return now.Stage == 1 ? $"host {host} had read {Cidr((int)now.Read.Slot)} (epoch {now.Read.Epoch})"
                : $"host {host} had decided to accept {Cidr((int)now.Read.Slot)} (epoch {now.Read.Epoch})";
        }

        if (before[At.FreshWrite] == 0 && after[At.FreshWrite] != 0) yield return $"the fresh leader had planned: {Write(new(after[At.FreshWrite]), before)}";
        if (At.Stage(before, 1) == At.Stage(after, 1) || by.Act == Act.BeginsPass) yield break;
        if (At.Stage(after, 1) == 1) yield return "the stale leader had read the topology";
        if (At.Stage(after, 1) != 2) yield break;
        for (var index = 0; index < At.WritesEach; index++)
            if (after[At.Writes + index] != 0) yield return $"the stale leader had planned: {Write(new(after[At.Writes + index]), before)}";
    }

    private static string Write(Pending write, uint[] before) => write.Target switch
    {
        < 3 => Block(new Rec(write.Content)),
        3 => Topology(At.Topo(before), new Topo(write.Content)),
        _ => $"host {write.Target - 3} is admitted",
    };

    private static string Block(Rec block) => block.Intent switch
    {
        Intent.Lent => $"{Cidr((int)block.Slot)} is lent to host {block.Host}, epoch {block.Epoch}",
        Intent.Recall => $"{Cidr((int)block.Slot)}, epoch {block.Epoch}, is recalled from host {block.Host}"
            + (block.Why switch { Why.Death => " (death)", Why.Proposal => " for the proposal", _ => "" }),
        _ => $"{Cidr((int)block.Slot)} is free, epoch {block.Epoch}",
    };

    private static string Topology(Topo before, Topo after) =>
        after.Review && !before.Review ? "the store is under review"
        : before.Review && !after.Review ? $"the review ends, epochs begin at {after.Floor}"
        : after.Commits != before.Commits ? $"commit: slots are {Slots(after.IsWide)}"
        : after.Proposed && !before.Proposed ? $"proposal: slots shall be {Slots(!after.IsWide)}"
        : before.Proposed && !after.Proposed ? "the proposal is withdrawn" : $"the topology: slots are {Slots(after.IsWide)}";

    private static string Slots(bool wide) => wide ? "/28" : "/29";

    private static string Holdings(Agent agent)
    {
        Slot[] held = [.. Enum.GetValues<Slot>().Where(agent.Holds)];
        return held.Length == 0 ? "holds nothing" : $"holds {string.Join(", ", held.Select(slot => $"{World.Cidr(slot)} (epoch {agent.Epoch(slot)})"))}";
    }

    private static string Said(uint[] after, Move by)
    {
        for (var index = 0; index < 3; index++)
            if (At.Rec(after, index) is { Said: > 0 } record && (int)record.Slot == by.What && record.SaidBy == by.Who) return record.Said == 1 ? "accepted" : "returned";
        return "its word";
    }

    private static string Cidr(int slot) => World.Cidr((Slot)slot).ToString();

    private static string Leader(int leader) => leader == 0 ? "the fresh leader" : "the stale leader";
}
