using System.Collections.Immutable;
using System.Globalization;
using Romana.Cloud.Aws;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// The quota of routes that holds where neither the operator nor EC2's own "full" says otherwise: Service Quotas' word,
/// asked at the start and every few hours, else AWS's default. That it had to be assumed is a condition and no failure.
/// </summary>
internal sealed class QuotaBook(ControllerOptions options, ServiceQuotas? service, ConditionBoard conditions, TimeProvider clock)
{
    public const string Assumed = "QuotaAssumed";
    private static readonly TimeSpan Usual = TimeSpan.FromHours(6);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(30);
    private readonly Period _period = new(Usual, clock);
    private Task<RouteQuota>? _asking;
    private int? _read;
    private bool _heard;
    private ImmutableArray<Condition> _standing = [];

    /// <summary>
    /// Null: nobody knows, the default holds. Only the first answer is waited for: later ones come while routes go on, and a
    /// failover never waits for them.
    /// </summary>
    public async Task<int?> CurrentAsync(CancellationToken cancel)
    {
        if (options.Quota is { } given) return given;
        if (service is null || _asking is null && !_period.IsDue) return _read;
        _asking ??= service.ReadAsync(cancel);
        if (_heard && !_asking.IsCompleted) return _read;
        var asking = _asking;
        _asking = null;
        Learn(await asking.ConfigureAwait(false));
        return _read;
    }

    private void Learn(RouteQuota quota)
    {
        _heard = true;
        _period.Done(quota is RouteQuota.Unread ? AfterFailure : null);

        // What was read once is nearer to the truth than the default, though it cannot be read again now.
        _read = quota.Value ?? _read;
        (string, string)[] assumed = quota is RouteQuota.Unread unread ? [(Assumed, Line(unread))] : [];
        _standing = ConditionBoard.Next(_standing, assumed, clock.GetUtcNow());
        conditions.Set($"quota {ServiceQuotas.QuotaCode}", _standing);
    }

    private string Line(RouteQuota.Unread unread) => string.Create(CultureInfo.InvariantCulture,
        $"routes per table could not be read from Service Quotas, {_read ?? Planning.TableQuota.Usual} are taken: {unread.Why}");
}
