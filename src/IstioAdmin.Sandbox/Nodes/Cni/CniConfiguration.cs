using System.Text.Json;
using System.Text.Json.Nodes;
using IstioAdmin.Sandbox.Client;

namespace IstioAdmin.Sandbox.Nodes.Cni;

/// <summary>The CNI configuration that the container runtime of a node goes by, and what Istio's installer does with it.</summary>
internal static class CniConfiguration
{
    public const string IstioType = "istio-cni";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>
    /// The chain of plugins that containerd runs for a new pod: of the first file by name, and of no other (containerd/go-cni, loadFromConfDir).
    /// </summary>
    /// <param name="files">The node's files.</param>
    /// <param name="problem">Why there is none, in containerd's words.</param>
    public static IReadOnlyList<JsonObject>? Chain(NodeFiles files, out string problem)
    {
        problem = "cni config uninitialized";
        foreach ((string name, ModelledFile file) in files.List(NodeFiles.ConfDirectory) ?? [])
        {
            if (!IsConfiguration(name, json: true))
                continue;
            if (Read(file.Content) is not { } config)
            {
                problem = $"failed to load CNI config file {NodeFiles.ConfDirectory}/{name}: error parsing configuration";
                return null;
            }
            return IsList(name) ? [.. Meta.Items(config, "plugins")] : [config];
        }
        return null;
    }

    /// <summary>
    /// The first configuration that is valid, which Istio's installer chains itself into (istio/cni release-1.1: install-cni.sh, find_cni_conf_file;
    /// istio/istio: cni/pkg/install/cniconfig.go, getConfigFilenames); null when there is none.
    /// </summary>
    public static string? FirstValid(NodeFiles files, string directory)
    {
        foreach ((string name, ModelledFile file) in files.List(directory) ?? [])
        {
            if (!IsConfiguration(name, json: false) || Read(file.Content) is not { } config)
                continue;
            if (IsList(name) ? config.ContainsKey("name") && Meta.Items(config, "plugins").Any() : config.ContainsKey("type"))
                return name;
        }
        return null;
    }

    /// <summary>Chains the plugin into a configuration, at its end; one that is a plugin alone becomes a list under another name.</summary>
    /// <param name="files">The node's files.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="name">The file.</param>
    /// <param name="plugin">The plugin's entry.</param>
    /// <returns>The file's name afterwards.</returns>
    public static string Insert(NodeFiles files, string directory, string name, JsonObject plugin)
    {
        JsonObject existing = Read(files.Find(directory, name)?.Content ?? "{}") ?? [];
        JsonObject entry = plugin.DeepClone().AsObject();
        entry.Remove("cniVersion");
        JsonObject list;
        if (existing.ContainsKey("type"))
        {
            existing.Remove("cniVersion");
            list = new JsonObject { ["cniVersion"] = "0.3.1", ["name"] = "k8s-pod-network", ["plugins"] = new JsonArray(existing, entry) };
            files.Remove(directory, name);
            name = IsList(name) ? name : Path.ChangeExtension(name, ".conflist");
        }
        else
        {
            list = existing;
            list["plugins"] = new JsonArray([.. Meta.Items(existing, "plugins").Where(other => Json.Text(other, "type") != IstioType).Select(other => other.DeepClone()), entry]);
        }
        files.Write(directory, name, list.ToJsonString(Indented) + "\n");
        return name;
    }

    /// <summary>Takes the plugin out of a configuration.</summary>
    public static void Remove(NodeFiles files, string directory, string name)
    {
        if (files.Find(directory, name) is not { } file || Read(file.Content) is not { } config || !config.ContainsKey("plugins"))
            return;
        config["plugins"] = new JsonArray([.. Meta.Items(config, "plugins").Where(plugin => Json.Text(plugin, "type") != IstioType).Select(plugin => plugin.DeepClone())]);
        files.Write(directory, name, config.ToJsonString(Indented) + "\n");
    }

    /// <summary>A configuration as a file.</summary>
    public static string Print(JsonObject config) => config.ToJsonString(Indented) + "\n";

    private static bool IsList(string name) => name.EndsWith(".conflist", StringComparison.Ordinal);

    private static bool IsConfiguration(string name, bool json) => IsList(name) || name.EndsWith(".conf", StringComparison.Ordinal) || (json && name.EndsWith(".json", StringComparison.Ordinal));

    private static JsonObject? Read(string content)
    {
        try
        {
            return JsonNode.Parse(content) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
