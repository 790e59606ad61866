namespace Romana.Model.Tests;

/// <summary>Things that must happen somewhere, or a search would prove nothing.</summary>
[Flags]
public enum Sights
{
    None = 0,
    SecondCommit = 1,
    AcceptedAfterCommit = 2,
    ReviewEnded = 4,
    GrantedAfterReview = 8,
    FreedAgain = 16,
}

internal static class Invariants
{
    public static string? Violation(uint[] state)
    {
        for (var host = 1; host <= 3; host++)
        {
            for (var slot = Slot.Low; slot <= Slot.Both; slot++)
            {
                if (At.Agent(state, host).Row(slot) != 0 && Broken(state, host, slot) is { } broken) return broken;
            }
        }

        return At.Rec(state, 0).Holds && At.Rec(state, 2).Holds ? "I2: two records are lent that begin at one address" : null;
    }

    public static Sights Seen(uint[] state)
    {
        var (topo, low) = (At.Topo(state), At.Rec(state, 0));
        return (topo.Commits > 1 ? Sights.SecondCommit : 0)
            | (topo.IsWide && Holders(state, Slot.Both) ? Sights.AcceptedAfterCommit : 0)
            | (topo.Floor > 0 ? Sights.ReviewEnded : 0)
            | (topo.Floor > 0 && low.Holds && low.Epoch >= topo.Floor ? Sights.GrantedAfterReview : 0)
            | (low is { Intent: Intent.Free, Epoch: > 1 } ? Sights.FreedAgain : 0);
    }

    private static bool Holders(uint[] state, Slot slot) =>
        At.Agent(state, 1).Holds(slot) || At.Agent(state, 2).Holds(slot) || At.Agent(state, 3).Holds(slot);

    private static string? Broken(uint[] state, int host, Slot slot)
    {
        var agent = At.Agent(state, host);
        for (var other = Slot.Low; other <= Slot.Both; other++)
        {
            if (agent.Holds(slot) && (slot == Slot.Both) != At.Topo(state).IsWide && (state[At.Run] & At.Restored) == 0)
                return $"I11: host {host} holds {slot}, which is no slot of the committed topology";
            if (agent.Holds(slot) && other != slot && agent.Holds(other) && World.Overlap(slot, other)) return $"I2: host {host} holds {slot} and {other}";
            for (var second = host + 1; second <= 3; second++)
            {
                var them = At.Agent(state, second);
                if (them.Row(other) == 0) continue;
                if (agent.Holds(slot) && them.Holds(other) && World.Overlap(slot, other))
                    return $"I1: hosts {host} and {second} hold {slot} and {other}";
                if (World.Cidr(slot).First == World.Cidr(other).First && agent.Epoch(slot) == them.Epoch(other))
                    return $"I4: hosts {host} and {second} were both lent epoch {agent.Epoch(slot)} of {World.Cidr(slot).First}";
            }
        }

        return null;
    }
}
