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
    public const int WithListings = Listed + 7;

    /// <summary>Bits of <see cref="Run"/>: the leader is told that the store went back; copy made; copy put back; leaders' stages (2 bits each).</summary>
    public const uint Rewound = 1, Copied = 2, Restored = 4;

    public const uint Valid = 1u << 31;

    /// <summary>Bit of a leader's read of the topology: it was told that the store went back.</summary>
    public const uint ToldRewound = 1u << 30;

    public static int Stage(uint[] state, int leader) => (int)(state[Run] >> (4 + 2 * leader) & 3);

    public static void SetStage(uint[] state, int leader, int stage) =>
        state[Run] = state[Run] & ~(3u << (4 + 2 * leader)) | (uint)stage << (4 + 2 * leader);

    public static Topo Topo(uint[] state) => new(state[Topology]);

    public static Rec Rec(uint[] state, int index) => new(state[Records + index]);

    /// <param name="host">1 to 3.</param>
    public static Agent Agent(uint[] state, int host) => new(state[Agents + host - 1]);

    public static HostWord Host(uint[] state, int host) => new(state[Hosts + host - 1]);
}
