using Romana.Ipam.Attachments;

namespace Romana.Node.Cni;

/// <summary>DELs that the plugin kept while the agent did not answer, one file each (decision 0027).</summary>
internal sealed class PendingDeletes(string folder)
{
    /// <summary>Keys with their files; what cannot be read is half a file and was never promised to a runtime.</summary>
    public IEnumerable<(AttachmentKey Key, string File)> All()
    {
        if (!Directory.Exists(folder)) yield break;
        foreach (var file in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal).ToList())
        {
            if (Read(file) is { } key) yield return (key, file);
            else File.Delete(file);
        }
    }

    public bool Has(AttachmentKey key) => File.Exists(Path(key));

    public void Remove(AttachmentKey key) => File.Delete(Path(key));

    private string Path(AttachmentKey key) => System.IO.Path.Combine(folder, $"{key.ContainerId}@{key.Interface}.json");

    private static AttachmentKey? Read(string file)
    {
        try
        {
            return CniRequest.Read(File.ReadAllBytes(file)).Key;
        }
        catch (CniException)
        {
            return null;
        }
    }
}
