using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes.Cni;

/// <summary>The files of a node that matter to networks: directories by their paths, with plain files in them.</summary>
internal sealed class NodeFiles
{
    public const string ConfDirectory = "/etc/cni/net.d";
    public const string BinDirectory = "/opt/cni/bin";
    public const string RunDirectory = "/var/run/istio-cni";

    private readonly object _gate = new();
    private readonly Dictionary<string, SortedDictionary<string, ModelledFile>> _directories = new(StringComparer.Ordinal);

    /// <summary>The files of a directory in the order of their names' bytes; null when there is no such directory.</summary>
    public IReadOnlyList<KeyValuePair<string, ModelledFile>>? List(string directory)
    {
        lock (_gate)
            return _directories.TryGetValue(Trim(directory), out SortedDictionary<string, ModelledFile>? files) ? [.. files] : null;
    }

    /// <summary>A file; null when there is none.</summary>
    public ModelledFile? Find(string directory, string name)
    {
        lock (_gate)
            return _directories.GetValueOrDefault(Trim(directory))?.GetValueOrDefault(name);
    }

    /// <summary>Writes a file, and makes its directory.</summary>
    public void Write(string directory, string name, string content, bool executable = false)
    {
        lock (_gate)
        {
            if (!_directories.TryGetValue(Trim(directory), out SortedDictionary<string, ModelledFile>? files))
                _directories[Trim(directory)] = files = new SortedDictionary<string, ModelledFile>(StringComparer.Ordinal);
            files[name] = new ModelledFile(content, executable);
        }
    }

    /// <summary>Removes a file, if it is there.</summary>
    public void Remove(string directory, string name)
    {
        lock (_gate)
            _directories.GetValueOrDefault(Trim(directory))?.Remove(name);
    }

    /// <summary>All files, for a snapshot.</summary>
    public JsonArray Save()
    {
        lock (_gate)
        {
            return new JsonArray([.. _directories.SelectMany(directory => directory.Value.Select(file => new JsonObject
            {
                ["directory"] = directory.Key,
                ["name"] = file.Key,
                ["content"] = file.Value.Content,
                ["executable"] = file.Value.Executable,
            }))]);
        }
    }

    /// <summary>Puts the files of a snapshot in the place of all that there are.</summary>
    public void Restore(JsonArray saved)
    {
        lock (_gate)
            _directories.Clear();
        foreach (JsonObject file in saved.OfType<JsonObject>())
            Write(Json.Text(file, "directory") ?? "", Json.Text(file, "name") ?? "", Json.Text(file, "content") ?? "", Json.Flag(file, "executable") == true);
    }

    private static string Trim(string directory) => directory.Length > 1 ? directory.TrimEnd('/') : directory;
}

/// <summary>A file of a node.</summary>
/// <param name="Content">What is in it; empty for programs, which nothing reads.</param>
/// <param name="Executable">Whether it is a program.</param>
internal sealed record ModelledFile(string Content, bool Executable);
