namespace Romana.Cloud.Aws;

/// <summary>EC2 could not be read. Message: what, where, remedy.</summary>
public sealed class Ec2UnavailableException : IOException
{
    public Ec2UnavailableException() { }
    public Ec2UnavailableException(string message) : base(message) { }
    public Ec2UnavailableException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Refused credentials or permissions: trying again soon is of no use.</summary>
    public bool Unauthorized { get; init; }

    /// <summary>EC2's error code, null when EC2 did not answer.</summary>
    public string? Code { get; init; }
}
