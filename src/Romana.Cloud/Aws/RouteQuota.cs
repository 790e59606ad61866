namespace Romana.Cloud.Aws;

/// <summary>What Service Quotas says of the routes that a table may hold, each family apart (service vpc, quota L-93826ACB).</summary>
public abstract record RouteQuota
{
    private RouteQuota() { }

    /// <summary>In force in this account and Region.</summary>
    public sealed record Applied(int Routes) : RouteQuota;

    /// <summary>AWS's own default; nothing else is known of this account.</summary>
    public sealed record Default(int Routes) : RouteQuota;

    /// <param name="Why">With the remedy.</param>
    public sealed record Unread(string Why) : RouteQuota;

    /// <summary>Null when it could not be read.</summary>
    public int? Value => this switch
    {
        Applied applied => applied.Routes,
        Default usual => usual.Routes,
        _ => null,
    };
}
