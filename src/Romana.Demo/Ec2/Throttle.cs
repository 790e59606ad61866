namespace Romana.Demo.Ec2;

/// <param name="Burst">Tokens in a full bucket.</param>
/// <param name="PerSecond">Tokens that come back in a second.</param>
public sealed record BucketSize(double Burst, double PerSecond)
{
    /// <summary>Sizes that AWS publishes for an account and Region ("Request throttling for the Amazon EC2 API").</summary>
    public static BucketSize Of(string action) => action switch
    {
        "CreateRoute" or "ReplaceRoute" or "DeleteRoute" or "ModifyInstanceAttribute" => new(50, 5),
        "ModifyNetworkInterfaceAttribute" => new(100, 5),
        "CreateTags" or "DeleteTags" => new(100, 10),
        "RunInstances" or "StartInstances" => new(5, 2),
        _ when action.StartsWith("Describe", StringComparison.Ordinal) => new(100, 20),
        _ => new(50, 5),
    };
}

/// <summary>One token bucket per action on virtual time. Not safe for several threads.</summary>
internal sealed class Throttle
{
    private readonly Dictionary<string, (double Tokens, DateTimeOffset At)> _buckets = new(StringComparer.Ordinal);

    /// <summary>False: the bucket is empty and the call is to be refused; refused calls take nothing.</summary>
    /// <param name="taken">What others use up of the bucket, burst and rate alike.</param>
    public bool TryTake(string action, DateTimeOffset now, double taken = 0)
    {
        var size = BucketSize.Of(action);
        size = new BucketSize(size.Burst * (1 - taken), size.PerSecond * (1 - taken));
        var (tokens, at) = _buckets.GetValueOrDefault(action, (size.Burst, now));
        tokens = Math.Min(size.Burst, tokens + (now - at).TotalSeconds * size.PerSecond);
        var granted = tokens >= 1;
        _buckets[action] = (granted ? tokens - 1 : tokens, now);
        return granted;
    }
}
