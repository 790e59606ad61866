using Romana.Cloud.Aws;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <param name="Calls">Mutating EC2 calls made.</param>
/// <param name="Problems">What is left undone, and why; empty when all is done.</param>
public sealed record ApplyResult(long Calls, IReadOnlyList<string> Problems)
{
    /// <summary>What people should know though nothing was left undone.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>`romana apply`: the controller's passes until nothing is left to do, then ends.</summary>
public static class Apply
{
    /// <summary>Rounds in a row that made nothing better.</summary>
    private const int Patience = 8;

    /// <exception cref="ControlRefusedException">Somebody else controls the store.</exception>
    /// <exception cref="Ec2UnavailableException"/>
    /// <exception cref="StoreUnavailableException"/>
    public static async Task<ApplyResult> RunAsync(ControllerOptions options, ControllerParts parts, CancellationToken cancel)
    {
        using var session = await TermSession.OpenAsync(options, parts, "apply", cancel).ConfigureAwait(false);
        using var engine = new Engine(options, parts, session.Store, session.Term);
        await engine.Parts.Vpc.CheckAsync(cancel).ConfigureAwait(false);
        if (parts.TopologyDocument is { } document) await TopologyApply.AtStartAsync(engine, options, document, cancel).ConfigureAwait(false);
        engine.World.Health = Health.HealthRecorder.Picture((await engine.Parts.Views.ReadAsync(cancel).ConfigureAwait(false)).Hosts.Select(host => host.Spec));
        return await ConvergeAsync(engine, cancel).ConfigureAwait(false);
    }

    internal static async Task<ApplyResult> ConvergeAsync(Engine engine, CancellationToken cancel)
    {
        ControlLoop[] loops = [engine.HostLoop(), engine.CheckLoop(), engine.RouteLoop()];
        var idle = 0;
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var verdicts = new List<Verdict>();
            foreach (var loop in loops) verdicts.Add(await loop.OnceAsync(cancel).ConfigureAwait(false));
            cancel.ThrowIfCancellationRequested();
            if (engine.Parts.TermIsLost) throw new ControlRefusedException("the term was lost: another controller took over the store");
            if (verdicts.All(verdict => verdict is Verdict.Done { Changes: 0 })) return Result(engine, NoTopology(engine));
            var moved = verdicts.Any(verdict => verdict is Verdict.Done { Changes: > 0 } or Verdict.RetryAfter { Changes: > 0 });
            idle = moved ? 0 : idle + 1;
            if (idle >= Patience) return Result(engine, Reasons(verdicts));
            var wait = verdicts.OfType<Verdict.RetryAfter>().Select(retry => retry.After).DefaultIfEmpty().Max();
            if (wait > Longest) return Result(engine, Reasons(verdicts));
            if (wait > TimeSpan.Zero) await Task.Delay(wait, engine.Parts.Clock, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>A command does not wait for somebody to change a permission.</summary>
    private static TimeSpan Longest => TimeSpan.FromMinutes(2);

    private static ApplyResult Result(Engine engine, IEnumerable<string> reasons) => new(engine.Parts.Gate.Metrics.Mutations,
        [.. reasons, .. Conditions(engine, advice: false)])
    {
        Notes = [.. Conditions(engine, advice: true)],
    };

    private static IEnumerable<string> Conditions(Engine engine, bool advice) => engine.Parts.State.Current.Conditions
        .Where(one => RouteConditions.IsAdvice(one.Condition.Type) == advice)
        .Select(one => $"{one.About}: {one.Condition.Type}: {one.Condition.Message}");

    /// <summary>"Nothing to do" would be true of such a store, and no help.</summary>
    private static IEnumerable<string> NoTopology(Engine engine) => engine.Parts.State.Current.Topology is null
        ? [$"{engine.Parts.Options.Store} has no topology: apply one with 'romana topology apply FILE'"]
        : [];

    private static IEnumerable<string> Reasons(IEnumerable<Verdict> verdicts) => verdicts.Select(verdict => verdict switch
    {
        Verdict.RetryAfter retry => retry.Reason,
        Verdict.GiveUp giveUp => giveUp.Reason,
        _ => null,
    }).OfType<string>();
}
