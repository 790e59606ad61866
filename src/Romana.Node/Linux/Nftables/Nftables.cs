using System.Runtime.InteropServices;
using Romana.Node.Linux.Namespaces;

namespace Romana.Node.Linux.Nftables;

/// <summary>Runs nftables commands in one namespace. There are two ways to the kernel, and they answer alike.</summary>
internal interface INftables
{
    /// <summary>A ruleset in nft's language or its JSON, as one transaction: all of it, or nothing.</summary>
    NftAnswer Apply(string ruleset);

    /// <summary>A list command, answered in nft's JSON (libnftables-json(5)).</summary>
    NftAnswer Read(string command);

    /// <summary>Whether a change was made here; false where that cannot be known.</summary>
    bool IsOwn(NftWriter writer);
}

/// <summary>Who made a change, as the kernel tells it. A number alone proves nothing: in a container the kernel's are not those that the container sees.</summary>
/// <param name="Thread">The thread's number.</param>
/// <param name="Name">The thread's name, 15 characters of it.</param>
internal readonly record struct NftWriter(int Thread, string Name);

/// <summary>What nftables said.</summary>
internal abstract record NftAnswer
{
    private NftAnswer()
    {
    }

    /// <param name="Output">What it printed; of a list, JSON.</param>
    internal sealed record Done(string Output) : NftAnswer;

    /// <summary>Nothing was changed.</summary>
    /// <param name="Text">Its own words, which quote the command and point at the place.</param>
    internal sealed record Refused(string Text) : NftAnswer;
}

internal static class NftablesAccess
{
    public const string Library = "libnftables.so.1";

    /// <summary>Through the library where it is installed (0.3 ms a run), else by the program (2.5 ms).</summary>
    /// <param name="space">Null is the calling thread's namespace.</param>
    /// <exception cref="IOException">Neither is there, or nftables cannot be reached.</exception>
    public static INftables Open(NetworkNamespace? space) =>
        HasLibrary() ? new LibraryNftables(space) : new ProgramNftables(space);

    private static bool HasLibrary()
    {
        if (!NativeLibrary.TryLoad(Library, out var handle)) return false;
        NativeLibrary.Free(handle);
        return true;
    }
}
