namespace Romana.Node.Cni;

/// <summary>Well-known codes of the CNI specification, section 5 "Error".</summary>
internal static class CniCode
{
    public const int UnknownContainer = 3;
    public const int InvalidEnvironment = 4;
    public const int InputOutput = 5;
    public const int Undecodable = 6;
    public const int InvalidConfiguration = 7;
    public const int TryAgainLater = 11;
    public const int NotAvailable = 50;

    /// <summary>Also for pods that run already.</summary>
    public const int LimitedConnectivity = 51;

    /// <summary>Ours (100 and above are free): CHECK found the pod's network other than ADD left it.</summary>
    public const int Differs = 100;
}

/// <summary>A command ends with an error result. Message: what; details: why and the remedy.</summary>
internal sealed class CniException : Exception
{
    public CniException(int code, string message, string details) : base(message)
    {
        Code = code;
        Details = details;
    }

    public int Code { get; }

    public string Details { get; }
}
