using System.Collections.Immutable;

namespace Romana.Demo.Ec2;

/// <summary>One request as the endpoint saw it.</summary>
/// <param name="Number">1 for the first.</param>
/// <param name="At">Virtual time.</param>
/// <param name="Outcome">"ok", an error code, "dropped" (not done, no answer), or done without a good answer: "lost", "silent", "garbled".</param>
public sealed record CallRecord(
    int Number, DateTimeOffset At, string Action, ImmutableSortedDictionary<string, string> Parameters, string Outcome)
{
    /// <summary>True when the account may have changed: neither a describe nor a dry run.</summary>
    public bool Mutates =>
        !Action.StartsWith("Describe", StringComparison.Ordinal) && !Action.StartsWith("Get", StringComparison.Ordinal)
        && Parameters.GetValueOrDefault("DryRun") != "true";

    public string this[string parameter] => Parameters.GetValueOrDefault(parameter, "");

    /// <summary>"CreateRoute rtb-00000004 10.244.0.0/26 -> eni-00000010: ok".</summary>
    public override string ToString() => $"{Action} {Short}: {Outcome}";

    private string Short
    {
        get
        {
            var destination = this["DestinationCidrBlock"] + this["DestinationIpv6CidrBlock"] + this["DestinationPrefixListId"];
            var target = RouteTargets.Parameters.Keys.Select(key => this[key]).FirstOrDefault(value => value.Length > 0);
            return destination.Length > 0
                ? $"{this["RouteTableId"]} {destination}{(target is null ? "" : $" -> {target}")}"
                : string.Join(' ', Parameters.Select(pair => $"{pair.Key}={pair.Value}"));
        }
    }
}
