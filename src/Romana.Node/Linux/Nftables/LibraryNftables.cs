using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Romana.Node.Linux.Namespaces;

namespace Romana.Node.Linux.Nftables;

/// <summary>
/// nftables in this process (libnftables(3)). Each run is inside the namespace: the library opens its netlink socket again when
/// it likes, and must find itself in the right place then. The context is kept, and its socket with it: closing one after
/// something was deleted waits for a grace period of the kernel's, some 17 ms, and each DEL with it.
/// </summary>
internal sealed partial class LibraryNftables(NetworkNamespace? space) : INftables
{
    private const uint Defaults = 0;

    // NFT_CTX_OUTPUT_JSON; JSON is then taken as input too.
    private const uint Json = 1 << 4;

    private const int NetlinkDomain = 16, RawCloseOnExec = 3 | 0x80000, NetfilterProtocol = 12;

    // The library promises nothing about threads.
    private static readonly Lock Turn = new();

    // The library waits with select(2), which ends the process at a descriptor of 1024 or more (FD_SETSIZE).
    private const int HighestDescriptor = 900;

    /// <summary>Threads that changed something here, the newest last. Numbers come round again after thousands.</summary>
    private readonly Queue<NftWriter> _writers = new();

    private const int MostWriters = 64;

    private ContextHandle? _context;

    public bool IsOwn(NftWriter writer)
    {
        lock (_writers) return _writers.Contains(writer);
    }

    public NftAnswer Apply(string ruleset) => Run(ruleset, IsJson(ruleset) ? Json : Defaults, program => program.Apply(ruleset));

    public NftAnswer Read(string command) => Run(command, Json, program => program.Read(command));

    private static bool IsJson(string ruleset) => ruleset.AsSpan().TrimStart().StartsWith("{");

    private NftAnswer Run(string commands, uint output, Func<ProgramNftables, NftAnswer> instead)
    {
        lock (Turn) return space is null ? RunHere(commands, output, instead) : space.Run(() => RunHere(commands, output, instead));
    }

    /// <summary>Before the change, so that its notification finds it.</summary>
    private void Note()
    {
        var writer = new NftWriter(Libc.ThreadId(), File.ReadAllText("/proc/thread-self/comm").TrimEnd('\n'));
        lock (_writers)
        {
            if (_writers.Contains(writer)) return;
            _writers.Enqueue(writer);
            if (_writers.Count > MostWriters) _writers.Dequeue();
        }
    }

    private NftAnswer RunHere(string commands, uint output, Func<ProgramNftables, NftAnswer> instead)
    {
        // A process with so many files open asks the program, which begins with none of them.
        if (Probe() > HighestDescriptor) return instead(new ProgramNftables(null));
        Note();
        var context = _context ??= Open();
        SetOutput(context, output);
        var isDone = RunCommands(context, commands) == 0;
        // Both are asked for, since asking empties them for the next run.
        var (said, wrong) = (Text(GetOutput(context)), Text(GetError(context)));
        return isDone ? new NftAnswer.Done(said) : new NftAnswer.Refused(wrong.TrimEnd());
    }

    private static ContextHandle Open()
    {
        var context = NewContext(Defaults);
        return context.IsInvalid || BufferOutput(context) != 0 || BufferError(context) != 0
            ? throw new IOException("libnftables gives no context") : context;
    }

    /// <summary>The library ends the process when it gets no socket (netlink_open_error): that must not be the agent's end.</summary>
    /// <returns>The descriptor that the library would get, or nearly.</returns>
    private static int Probe()
    {
        var socket = Libc.Socket(NetlinkDomain, RawCloseOnExec, NetfilterProtocol);
        if (socket < 0) throw Libc.Failure("open a netfilter socket; this kernel may lack nftables");
        new SafeFileHandle(socket, ownsHandle: true).Dispose();
        return socket;
    }

    // The context owns it, until the next run.
    private static string Text(nint text) => Marshal.PtrToStringUTF8(text) ?? "";

    [LibraryImport(NftablesAccess.Library, EntryPoint = "nft_ctx_new")]
    private static partial ContextHandle NewContext(uint flags);

    [LibraryImport(NftablesAccess.Library, EntryPoint = "nft_ctx_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport(NftablesAccess.Library, EntryPoint = "nft_ctx_buffer_output")]
    private static partial int BufferOutput(ContextHandle context);

    [LibraryImport(NftablesAccess.Library, EntryPoint = "nft_ctx_buffer_error")]
    private static partial int BufferError(ContextHandle context);

    [LibraryImport(NftablesAccess.Library, EntryPoint = "nft_ctx_output_set_flags")]
    private static partial void SetOutput(ContextHandle context, uint flags);

    [LibraryImport(NftablesAccess.Library, EntryPoint = "nft_run_cmd_from_buffer", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RunCommands(ContextHandle context, string commands);

    [LibraryImport(NftablesAccess.Library, EntryPoint = "nft_ctx_get_output_buffer")]
    private static partial nint GetOutput(ContextHandle context);

    [LibraryImport(NftablesAccess.Library, EntryPoint = "nft_ctx_get_error_buffer")]
    private static partial nint GetError(ContextHandle context);

    private sealed class ContextHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
    {
        protected override bool ReleaseHandle()
        {
            FreeContext(handle);
            return true;
        }
    }
}
