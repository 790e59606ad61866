using System.Text.Json;
using System.Text.Json.Serialization;

namespace Romana.Ipam.Addressing;

/// <summary>A value as its text, also as a property's name; a bad one is a JsonException with the reason.</summary>
public abstract class TextJsonConverter<T> : JsonConverter<T>
    where T : struct
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value.ToString());
    }

    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Parse(reader.GetString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WritePropertyName(value.ToString() ?? "");
    }

    /// <exception cref="JsonException">The text is none; with the reason.</exception>
    private protected abstract T Parse(string? text);
}

public sealed class IpAddressJsonConverter : TextJsonConverter<IpAddress>
{
    private protected override IpAddress Parse(string? text) =>
        IpAddress.TryParse(text, out var address, out var reason) ? address : throw new JsonException(reason);
}

public sealed class CidrJsonConverter : TextJsonConverter<Cidr>
{
    private protected override Cidr Parse(string? text) =>
        Cidr.TryParse(text, out var cidr, out var reason) ? cidr : throw new JsonException(reason);
}
