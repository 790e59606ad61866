using System.Text.Json;
using System.Text.Json.Serialization;

namespace Romana.Node.Install;

/// <summary>What was put on this machine: the only ground on which anything is taken away again.</summary>
/// <param name="Files">Path to the digests that a file of ours may have there; two while one is being replaced.</param>
/// <param name="Folders">Made on the way; taken away when empty.</param>
internal sealed record InstallRecord(SortedDictionary<string, string[]> Files, SortedSet<string> Folders)
{
    /// <exception cref="InstallRefusedException">The file is there and is no record.</exception>
    public static InstallRecord Read(string path)
    {
        if (!File.Exists(path)) return new InstallRecord(new(StringComparer.Ordinal), new(StringComparer.Ordinal));
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), InstallJson.Default.InstallRecord) ?? throw new JsonException("it is empty");
        }
        catch (JsonException fault)
        {
            throw new InstallRefusedException([$"{path} cannot be read ({fault.Message}): restore it, or take away the files of romana-node by hand and then this one"]);
        }
    }

    public byte[] Bytes() => JsonSerializer.SerializeToUtf8Bytes(this, InstallJson.Default.InstallRecord);
}

[JsonSerializable(typeof(InstallRecord))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
internal sealed partial class InstallJson : JsonSerializerContext;

/// <summary>Nothing was changed, for these reasons; each with its remedy.</summary>
internal sealed class InstallRefusedException(IReadOnlyList<string> reasons) : IOException(string.Join('\n', reasons));
