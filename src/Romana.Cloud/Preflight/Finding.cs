namespace Romana.Cloud.Preflight;

public enum FindingLevel
{
    Ok,

    /// <summary>Romana works; something will be slower, narrower or later than it could be.</summary>
    Warn,

    /// <summary>Pods will not be reachable, or Romana cannot do its work.</summary>
    Fail,
}

/// <summary>One line of `romana preflight aws`.</summary>
/// <param name="Check">Short word for what was looked at: "tables", "quota", "iam", "security-group" and so on.</param>
/// <param name="Subject">What it is about: "rtb-...", "eni-...", a CIDR.</param>
/// <param name="Remedy">What to do; null when all is well.</param>
public sealed record Finding(FindingLevel Level, string Check, string Subject, string Message, string? Remedy = null)
{
    public static Finding Ok(string check, string subject, string message) => new(FindingLevel.Ok, check, subject, message);

    public static Finding Warn(string check, string subject, string message, string remedy) =>
        new(FindingLevel.Warn, check, subject, message, remedy);

    public static Finding Fail(string check, string subject, string message, string remedy) =>
        new(FindingLevel.Fail, check, subject, message, remedy);
}
