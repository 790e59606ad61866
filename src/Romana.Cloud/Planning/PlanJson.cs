using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>JSON of plans and inventories: snake_case names; lower-case ops, kinds, states and families; health as Up, Suspect, Down, Draining.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    WriteIndented = true,
    Converters =
    [
        typeof(FamilyConverter), typeof(LowerCase<RouteOp>), typeof(LowerCase<PlannedRouteKind>), typeof(LowerCase<RouteState>),
        typeof(JsonStringEnumConverter<HostHealth>),
    ])]
[JsonSerializable(typeof(RoutePlan))]
[JsonSerializable(typeof(Inventory))]
internal sealed partial class PlanJson : JsonSerializerContext;

/// <summary>How plans and inventories are written and read.</summary>
public static class PlanText
{
    /// <summary>Apostrophes and the like stand as themselves: people read it.</summary>
    public static readonly JsonSerializerOptions Json = new(PlanJson.Default.Options)
    {
        TypeInfoResolver = PlanJson.Default,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

#pragma warning disable CA1812 // Made by the generated context, which the analyzer does not see.
internal sealed class LowerCase<TWord>() : JsonStringEnumConverter<TWord>(JsonNamingPolicy.SnakeCaseLower)
    where TWord : struct, Enum;

/// <summary>"ipv4" and "ipv6"; the general rule would write "i_pv4".</summary>
internal sealed class FamilyConverter : JsonConverter<IpFamily>
#pragma warning restore CA1812
{
    public override IpFamily Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString() switch
    {
        "ipv4" => IpFamily.IPv4,
        "ipv6" => IpFamily.IPv6,
        var other => throw new JsonException($"'{other}' is not a family: ipv4 or ipv6"),
    };

    public override void Write(Utf8JsonWriter writer, IpFamily value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value == IpFamily.IPv4 ? "ipv4" : "ipv6");
}
