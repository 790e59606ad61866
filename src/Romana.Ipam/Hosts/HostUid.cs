using System.Text.Json.Serialization;

namespace Romana.Ipam.Hosts;

/// <summary>A host's identity, minted by Romana and bound to evidence; text such as "h-5f0c...". Never a name: names are used again.</summary>
[JsonConverter(typeof(HostUidJsonConverter))]
public readonly record struct HostUid(string Text) : IComparable<HostUid>
{
    public bool IsNone => string.IsNullOrEmpty(Text);

    public int CompareTo(HostUid other) => string.CompareOrdinal(Text, other.Text);

    public override string ToString() => Text ?? "";

    public static bool operator <(HostUid left, HostUid right) => left.CompareTo(right) < 0;
    public static bool operator >(HostUid left, HostUid right) => left.CompareTo(right) > 0;
    public static bool operator <=(HostUid left, HostUid right) => left.CompareTo(right) <= 0;
    public static bool operator >=(HostUid left, HostUid right) => left.CompareTo(right) >= 0;
}
