using System.Text.Json;
using System.Text.Json.Serialization;

namespace Romana.Ipam.Hosts;

public sealed class HostUidJsonConverter : JsonConverter<HostUid>
{
    public override HostUid Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, HostUid value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value.Text);
    }
}
