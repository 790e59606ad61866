using System.Collections.Immutable;
using System.Text.Json;
using Romana.Ipam.Addressing;

namespace Romana.Node.Cni;

/// <param name="Sandbox">Path of the namespace it is in; empty on the host.</param>
/// <param name="Mtu">Null: the kernel's own.</param>
internal sealed record ResultInterface(string Name, string Mac, string Sandbox, int? Mtu = null);

/// <param name="Gateway">Link-local, and the same for every pod.</param>
/// <param name="Interface">Index into the interfaces.</param>
internal sealed record ResultAddress(IpAddress Address, IpAddress Gateway, int Interface);

/// <param name="Mtu">Along the path; told from CNI 1.1.0 on.</param>
internal sealed record ResultRoute(Cidr Destination, IpAddress Gateway, int? Mtu = null);

/// <summary>What ADD made, in the words of the specification (section 5 "ADD Success"), written in the version asked for.</summary>
internal sealed record CniResult
{
    public ImmutableArray<ResultInterface> Interfaces { get; init; } = [];
    public ImmutableArray<ResultAddress> Addresses { get; init; } = [];
    public ImmutableArray<ResultRoute> Routes { get; init; } = [];
    public JsonElement? Dns { get; init; }

    /// <param name="version">0.3.1 to 1.1.0.</param>
    public void Write(Utf8JsonWriter json, string version)
    {
        var (tellsFamily, tellsMtu) = (version.StartsWith("0.", StringComparison.Ordinal), version == "1.1.0");
        json.WriteStartObject();
        json.WriteString("cniVersion", version);
        json.WriteStartArray("interfaces");
        foreach (var one in Interfaces)
        {
            json.WriteStartObject();
            json.WriteString("name", one.Name);
            json.WriteString("mac", one.Mac);
            if (tellsMtu && one.Mtu is { } mtu) json.WriteNumber("mtu", mtu);
            if (one.Sandbox.Length > 0) json.WriteString("sandbox", one.Sandbox);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteAddresses(json, tellsFamily);
        WriteRoutes(json, tellsMtu);
        json.WritePropertyName("dns");
        if (Dns is { } dns) dns.WriteTo(json);
        else json.WriteRawValue("{}");
        json.WriteEndObject();
    }

    private void WriteAddresses(Utf8JsonWriter json, bool tellsFamily)
    {
        json.WriteStartArray("ips");
        foreach (var one in Addresses)
        {
            json.WriteStartObject();
            if (tellsFamily) json.WriteString("version", one.Address.Family == IpFamily.IPv4 ? "4" : "6");
            json.WriteString("address", Cidr.Of(one.Address).ToString());
            json.WriteString("gateway", one.Gateway.ToString());
            json.WriteNumber("interface", one.Interface);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteRoutes(Utf8JsonWriter json, bool tellsMtu)
    {
        json.WriteStartArray("routes");
        foreach (var one in Routes)
        {
            json.WriteStartObject();
            json.WriteString("dst", one.Destination.ToString());
            json.WriteString("gw", one.Gateway.ToString());
            if (tellsMtu && one.Mtu is { } mtu) json.WriteNumber("mtu", mtu);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
