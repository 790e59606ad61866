using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace Romana.Bench.Node;

/// <summary>
/// Starts a plugin as a runtime does, and waits for it: posix_spawn(3), two pipes, waitpid(2). The framework's own Process
/// takes longer than the plugin lives, and takes one lock for all of them.
/// </summary>
internal static unsafe partial class PluginStart
{
    // O_CLOEXEC. A pipe holds 64 KB, so the whole configuration is in it before anybody reads.
    private const int CloseOnExec = 0x80000, MostInput = 64 * 1024, Interrupted = 4;

    /// <summary>struct sizes of spawn.h differ by C library; both are far below this.</summary>
    private const int OpaqueSize = 512;

    /// <summary>In the namespace of the calling thread; what it printed, and its exit code.</summary>
    public static (int ExitCode, string Output) Run(string program, IEnumerable<KeyValuePair<string, string>> environment, string input)
    {
        var bytes = Encoding.UTF8.GetBytes(input);
        if (bytes.Length > MostInput) throw new ArgumentException($"{bytes.Length} bytes do not fit into a pipe", nameof(input));
        Span<int> stdin = stackalloc int[2], stdout = stackalloc int[2];
        Require(Pipe(stdin, CloseOnExec), "pipe");
        Require(Pipe(stdout, CloseOnExec), "pipe");
        Require((int)Write(stdin[1], bytes, bytes.Length) - bytes.Length, "write");
        Require(Close(stdin[1]), "close");
        var child = Spawn(program, environment, stdin[0], stdout[1]);
        Require(Close(stdin[0]), "close");
        Require(Close(stdout[1]), "close");
        var text = ReadAll(stdout[0]);
        Require(Close(stdout[0]), "close");
        int status;
        while (WaitFor(child, out status, 0) < 0) Require(Marshal.GetLastPInvokeError() == Interrupted ? 0 : -1, "waitpid");
        return ((status >> 8) & 0xff, text);
    }

    /// <summary>Seconds of processor that this program has taken, or its children that ended (getrusage(2)).</summary>
    public static double Processor(bool ofChildren)
    {
        // struct rusage begins with two struct timeval, user and kernel.
        Span<long> usage = stackalloc long[18];
        Require(Usage(ofChildren ? -1 : 0, usage), "getrusage");
        return usage[0] + usage[2] + (usage[1] + usage[3]) / 1e6;
    }

    private static int Spawn(string program, IEnumerable<KeyValuePair<string, string>> environment, int input, int output)
    {
        var actions = stackalloc byte[OpaqueSize];
        Require(InitActions(actions), "posix_spawn_file_actions_init");
        Require(AddDuplicate(actions, input, 0), "posix_spawn_file_actions_adddup2");
        Require(AddDuplicate(actions, output, 1), "posix_spawn_file_actions_adddup2");
        var all = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}")
            .Concat(environment.Select(pair => $"{pair.Key}={pair.Value}")).Select(Marshal.StringToCoTaskMemUTF8).ToArray();
        var path = Marshal.StringToCoTaskMemUTF8(program);
        try
        {
            fixed (nint* words = (nint[])[path, 0])
            fixed (nint* variables = (nint[])[.. all, 0])
            {
                Require(Spawn(out var child, path, actions, null, words, variables), "posix_spawn");
                return child;
            }
        }
        finally
        {
            Require(DestroyActions(actions), "posix_spawn_file_actions_destroy");
            foreach (var text in all.Append(path)) Marshal.FreeCoTaskMem(text);
        }
    }

    private static string ReadAll(int pipe)
    {
        Span<byte> buffer = stackalloc byte[8 * 1024];
        var text = new List<byte>();
        while (true)
        {
            var read = Read(pipe, buffer, buffer.Length);
            if (read == 0) return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(text));
            if (read > 0) text.AddRange(buffer[..(int)read]);
            else if (Marshal.GetLastPInvokeError() != Interrupted) Require(-1, "read");
        }
    }

    private static void Require(int result, string call)
    {
        if (result != 0) throw new IOException($"{call}: {result}, {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static partial int Pipe(Span<int> ends, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int file, ReadOnlySpan<byte> bytes, nint size);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int file, Span<byte> bytes, nint size);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitFor(int process, out int status, int options);

    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    private static partial int Usage(int whose, Span<long> usage);

    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    private static partial int Spawn(out int process, nint path, byte* actions, byte* attributes, nint* arguments, nint* environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int InitActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int AddDuplicate(byte* actions, int file, int number);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int DestroyActions(byte* actions);
}
