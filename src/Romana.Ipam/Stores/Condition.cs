namespace Romana.Ipam.Stores;

/// <summary>A lasting state that people should know of, kept in the record that it is about; written only when it changes.</summary>
/// <param name="Type">CamelCase word, e.g. "RoutesIncomplete", "AddressConflict", "Overlap", "Brake".</param>
/// <param name="Message">What, where, how much, and the remedy.</param>
public sealed record Condition(string Type, bool IsTrue, string Message, DateTimeOffset Since);
