namespace Romana.Cloud.Planning;

/// <summary>A host as the end of routes.</summary>
/// <param name="Index">Place in the order of names: its number in the tries and the last word in every tie.</param>
/// <param name="Reachable">Its pod interface is known and no other host claims it.</param>
internal sealed record PlanHost(int Index, InventoryHost Host, bool Reachable)
{
    public const string RouterLabel = "romana.io/router";

    public string Name => Host.Name;

    public string Eni => Host.Eni;

    public bool Down => Host.Health == HostHealth.Down;

    /// <summary>Routes for its own blocks may be written.</summary>
    public bool TakesOwn => Reachable && !Down;

    /// <summary>May receive what is for adjacent hosts. Suspect and Draining keep their own blocks and lead nothing.</summary>
    public bool CanLead => Reachable && Host.Health == HostHealth.Up;

    /// <summary>Leads only where nobody else can.</summary>
    public bool LeadsLast =>
        Host.Spot || (Host.Labels.TryGetValue(RouterLabel, out var word) && word == "never");
}
