using System.Buffers;

namespace Romana.Cni;

internal enum CniCommand
{
    Add,
    Del,
    Check,
    Gc,
    Status,
    Version,
}

/// <summary>The environment's half of a call (CNI specification, section 2 "Parameters").</summary>
internal sealed record CniCall(CniCommand Command)
{
    /// <summary>A network interface's name without its closing zero: IFNAMSIZ - 1.</summary>
    private const int LongestInterface = 15;

    private static readonly SearchValues<char> OfContainerId =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    public string ContainerId { get; init; } = "";
    public string NetworkNamespace { get; init; } = "";
    public string Interface { get; init; } = "";
    public string Arguments { get; init; } = "";

    /// <summary>All that is wrong with the environment is said at once, by the variables' names.</summary>
    public static CniCall? Read(Func<string, string?> environment, out CniError? error)
    {
        string Of(string name) => environment(name) ?? "";
        if (CommandOf(Of("CNI_COMMAND")) is not { } command)
        {
            error = new CniError(CniCode.InvalidEnvironment, "CNI_COMMAND is missing or unknown",
                $"CNI_COMMAND is '{Of("CNI_COMMAND")}': a container runtime sets it to ADD, DEL, CHECK, GC, STATUS or VERSION");
            return null;
        }

        var call = new CniCall(command)
        {
            ContainerId = Of("CNI_CONTAINERID"),
            NetworkNamespace = Of("CNI_NETNS"),
            Interface = Of("CNI_IFNAME"),
            Arguments = Of("CNI_ARGS"),
        };
        var wrong = call.Faults().ToList();
        error = wrong.Count == 0 ? null : new CniError(
            CniCode.InvalidEnvironment, $"invalid environment for {Of("CNI_COMMAND")}", string.Join("; ", wrong));
        return error is null ? call : null;
    }

    private static CniCommand? CommandOf(string word) => word switch
    {
        "ADD" => CniCommand.Add,
        "DEL" => CniCommand.Del,
        "CHECK" => CniCommand.Check,
        "GC" => CniCommand.Gc,
        "STATUS" => CniCommand.Status,
        "VERSION" => CniCommand.Version,
        _ => null,
    };

    private IEnumerable<string> Faults()
    {
        if (Command is not (CniCommand.Add or CniCommand.Del or CniCommand.Check)) yield break;
        if (ContainerId.Length == 0) yield return "CNI_CONTAINERID is missing";
        else if (!char.IsAsciiLetterOrDigit(ContainerId[0]) || ContainerId.AsSpan().ContainsAnyExcept(OfContainerId))
            yield return $"CNI_CONTAINERID '{ContainerId}': it starts with a letter or digit and has only letters, digits, '_', '.' and '-'";
        if (Interface.Length == 0) yield return "CNI_IFNAME is missing";
        else if (!IsInterface(Interface))
            yield return $"CNI_IFNAME '{Interface}': an interface has 1 to {LongestInterface} characters, none of them '/', ':' or white space, and is not '.' or '..'";

        // A DEL must work when the namespace is long gone.
        if (Command != CniCommand.Del && NetworkNamespace.Length == 0) yield return "CNI_NETNS is missing";
    }

    private static bool IsInterface(string name) => name.Length <= LongestInterface && name is not ("." or "..")
        && !name.Any(c => c is '/' or ':' || char.IsWhiteSpace(c) || char.IsControl(c));
}
