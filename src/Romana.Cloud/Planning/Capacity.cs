namespace Romana.Cloud.Planning;

/// <summary>How far an inventory can grow, its hosts added evenly: the first number of hosts at which something comes.</summary>
/// <param name="Hosts">That there are now.</param>
/// <param name="NextRoutes">A table that has its exact routes needs more of them; null when none will.</param>
/// <param name="FirstExtraHop">Some address takes an extra hop; now, or later.</param>
/// <param name="End">Blocks stay out of reach, or a group has none left.</param>
public sealed record Capacity(int Hosts, CapacityPoint? NextRoutes, CapacityPoint? FirstExtraHop, CapacityPoint? End);

/// <param name="Hosts">Number of hosts, those of now among them.</param>
public sealed record CapacityPoint(int Hosts, string Why);
