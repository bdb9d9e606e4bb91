namespace IstioAdmin.Core.Kube.Connecting;

/// <summary>A named entry of a kubeconfig, and the file that it comes from: relative paths in it count from that file's directory.</summary>
/// <param name="Name">Name, case-sensitive.</param>
/// <param name="Fields">The fields below <c>cluster</c>, <c>user</c> or <c>context</c>; null when there are none.</param>
/// <param name="File">Full path of the file.</param>
internal sealed record KubeconfigEntry(string Name, KubeconfigMap? Fields, string File)
{
    /// <summary>Resolves a path that this entry names.</summary>
    /// <remarks>What is in no file has no directory; a relative path in it counts from where we are.</remarks>
    public string Resolve(string path) => Path.IsPathRooted(File) ? Path.GetFullPath(path, Path.GetDirectoryName(File)!) : Path.GetFullPath(path);
}

/// <summary>The entries of one or more files by name; where files have the same name, the first one's counts.</summary>
internal sealed class KubeconfigEntries
{
    private readonly Dictionary<string, KubeconfigEntry> _entries = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Names => _entries.Keys;

    public KubeconfigEntry? Find(string name) => _entries.GetValueOrDefault(name);

    public void AddFrom(KubeconfigMap root, string list, string content)
    {
        foreach (KubeconfigMap item in root.Maps(list))
        {
            string name = item.Required("name");
            _entries.TryAdd(name, new KubeconfigEntry(name, item.Map(content), root.File));
        }
    }
}
