namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>A mistake that somebody makes on purpose, one for each invariant, to see that the onlooker notices.</summary>
public enum Breach
{
    None,

    /// <summary>The leaders believe a restored store at once.</summary>
    I1ReviewSkipped,

    /// <summary>The leaders count a block as taken from its acceptance on only.</summary>
    I2GrantedIgnored,

    /// <summary>The leaders lend to any group's hosts, and agents do not look.</summary>
    I3GroupNotCompared,

    /// <summary>Agents take every network's blocks for the host's own.</summary>
    I4OwnersShare,

    /// <summary>A recalled block is named routable.</summary>
    I5RecalledRoutable,

    /// <summary>A free slot waits for nothing.</summary>
    I6NoDelay,

    /// <summary>Agents do not know the gateway and the reserved range.</summary>
    I7GatewayForgotten,

    /// <summary>A pod that asks again gets another address.</summary>
    I8RepeatIsNew,

    /// <summary>Who cannot get both families gets one.</summary>
    I9HalfIsEnough,

    /// <summary>Acceptances survive kill -9 only.</summary>
    I10AcceptanceNotDurable,

    /// <summary>The leaders commit a proposal without hearing the holders.</summary>
    I11HoldersUnheard,

    /// <summary>The leaders believe a status whoever wrote it and of whatever epoch.</summary>
    I12DeadWordsCount,

    /// <summary>Blocks are written without their host in the index, by which nobody finds them again.</summary>
    I13OwnerNotWritten,
}
